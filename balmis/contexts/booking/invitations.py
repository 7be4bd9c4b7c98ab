"""Whom to invite: who may have a dose, wants messages, and has neither a booking nor an invitation."""

from datetime import date, datetime

from django.db import connection

TO_INVITE = """
SELECT n.person_id, n.number
FROM eligibility_nextdose n
JOIN people_contact c ON c.person_id = n.person_id AND c.tell
JOIN campaigns_member m ON m.person_id = n.person_id AND m.campaign_id = n.campaign_id
LEFT JOIN campaigns_group g ON g.id = m.group_id
WHERE n.campaign_id = %(campaign)s AND n.status = 'eligible' AND n.from_on <= %(today)s
  AND n.number IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM booking_booking b WHERE b.person_id = n.person_id
    AND b.campaign_id = n.campaign_id AND b.status IN ('held', 'confirmed'))
  AND NOT EXISTS (SELECT 1 FROM clinic_standing_deferral d WHERE d.person_id = n.person_id
    AND (d.outcome = 'never' AND d.product = ''
      OR d.outcome = 'defer' AND (d.until IS NULL OR d.until > %(today)s)))
  AND NOT (n.products <@ ARRAY(SELECT d.product FROM clinic_standing_deferral d
    WHERE d.person_id = n.person_id AND d.outcome = 'never'))
  AND NOT EXISTS (SELECT 1 FROM notices_notice x
    WHERE x.key = 'invite:' || n.campaign_id || ':' || n.person_id || ':' || n.number)
ORDER BY g.rank NULLS LAST, n.from_on, n.person_id LIMIT %(most)s
"""
FREE = """
SELECT coalesce(sum(p.capacity - p.taken), 0) FROM booking_pool p
JOIN booking_slot s ON s.id = p.slot_id JOIN booking_session e ON e.id = s.session_id
WHERE e.campaign_id = %s AND e.status = 'published' AND p.kind = 'open' AND s.starts_at > %s
  AND p.opens_at <= %s
"""
OUTSTANDING = """
SELECT count(*) FROM notices_notice x
WHERE x.purpose = 'invitation' AND x.made_at > %(since)s
  AND starts_with(x.key, 'invite:' || %(campaign)s || ':')
  AND NOT EXISTS (SELECT 1 FROM booking_booking b WHERE b.person_id = x.person_id
    AND b.campaign_id = %(campaign)s AND b.status IN ('held', 'confirmed'))
"""


def key_of(campaign_id: int, person_id: int, number: int) -> str:
    """Names the invitation: nobody is invited twice to one dose."""
    return f"invite:{campaign_id}:{person_id}:{number}"


def to_invite(campaign_id: int, today: date, *, most: int) -> list[tuple[int, int]]:
    """Person and dose, the first priority group and those due longest first."""
    with connection.cursor() as cursor:
        cursor.execute(TO_INVITE, {"campaign": campaign_id, "today": today, "most": most})
        return list(cursor.fetchall())


def free_places(campaign_id: int, *, now: datetime) -> int:
    """Open places to come that may be booked now."""
    with connection.cursor() as cursor:
        cursor.execute(FREE, [campaign_id, now, now])
        return int(cursor.fetchone()[0])


def outstanding(campaign_id: int, *, since: datetime) -> int:
    """People invited since then who have no booking yet."""
    with connection.cursor() as cursor:
        cursor.execute(OUTSTANDING, {"campaign": campaign_id, "since": since})
        return int(cursor.fetchone()[0])
