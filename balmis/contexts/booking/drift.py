"""Recount everything that is counted; any difference is drift and must be explained."""

from dataclasses import dataclass

from django.db import connection

CHECKS = {
    "places taken differ from live and kept bookings": """
        SELECT 'pool ' || p.id || ': ' || p.taken || ' counted, ' || count(b.id) || ' live or kept'
        FROM booking_pool p
        LEFT JOIN booking_booking b ON b.pool_id = p.id
          AND b.status IN ('held', 'confirmed', 'kept')
        GROUP BY p.id HAVING p.taken <> count(b.id)""",
    "more places taken than there are": """
        SELECT 'pool ' || id || ': ' || taken || ' of ' || capacity
        FROM booking_pool WHERE taken > capacity""",
    "a slot's pools exceed the slot": """
        SELECT 'slot ' || s.id || ': ' || sum(p.capacity) || ' of ' || s.capacity
        FROM booking_slot s JOIN booking_pool p ON p.slot_id = s.id
        GROUP BY s.id HAVING sum(p.capacity) > s.capacity""",
    "two live bookings of a person for a dose": """
        SELECT 'person ' || person_id || ', dose ' || number || ': ' || count(*)
        FROM booking_booking WHERE status IN ('held', 'confirmed')
        GROUP BY person_id, campaign_id, number HAVING count(*) > 1""",
    "a live booking in a cancelled session": """
        SELECT 'booking ' || b.id FROM booking_booking b
        JOIN booking_pool p ON p.id = b.pool_id JOIN booking_slot s ON s.id = p.slot_id
        JOIN booking_session e ON e.id = s.session_id
        WHERE e.status = 'cancelled' AND b.status IN ('held', 'confirmed')""",
    "a live booking of a record that was merged into another": """
        SELECT 'booking ' || b.id FROM booking_booking b JOIN people_person p ON p.id = b.person_id
        WHERE b.status IN ('held', 'confirmed') AND p.merged_into_id IS NOT NULL""",
    "an offer from the standby list without its place": """
        SELECT 'standby ' || y.id FROM booking_standby y
        JOIN booking_booking b ON b.id = y.offer_id
        WHERE y.status = 'offered' AND b.person_id <> y.person_id""",
}
MOST = 20  # examples of each


@dataclass(frozen=True, slots=True)
class Drift:
    what: str
    count: int
    examples: tuple[str, ...]


def drift() -> list[Drift]:
    """What does not agree, in one look at the database; empty when all is well."""
    found = []
    with connection.cursor() as cursor:
        for what, query in CHECKS.items():
            cursor.execute(query)
            rows = [row[0] for row in cursor.fetchall()]
            if rows:
                found.append(Drift(what, len(rows), tuple(rows[:MOST])))
    return found
