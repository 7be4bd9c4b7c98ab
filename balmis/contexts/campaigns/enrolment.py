"""Who is in which group of a campaign, after the register or the plan has changed."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import F

from balmis.contexts.campaigns.models import Campaign, Group, Headcount, Member
from balmis.contexts.campaigns.plan.format import Plan, group_rules
from balmis.core.campaigns.groups import Description, GroupRule
from balmis.core.dates import born_by

ENROL = """
INSERT INTO campaigns_member (campaign_id, person_id, group_id)
SELECT %(campaign)s, p.id, {choice}
FROM people_person p JOIN places_area a ON a.id = p.area_id
WHERE a.path LIKE %(below)s AND {whose} AND p.merged_into_id IS NULL
ON CONFLICT ON CONSTRAINT member_once DO UPDATE SET group_id = excluded.group_id
WHERE campaigns_member.group_id IS DISTINCT FROM excluded.group_id
"""
COUNT = """
INSERT INTO campaigns_headcount (campaign_id, area_id, group_id, people)
SELECT m.campaign_id, p.area_id, m.group_id, count(*)
FROM campaigns_member m JOIN people_person p ON p.id = m.person_id
WHERE m.campaign_id = %s GROUP BY 1, 2, 3
"""


MISSING = """
SELECT EXISTS (SELECT 1 FROM people_person p JOIN places_area a ON a.id = p.area_id
  LEFT JOIN campaigns_member m ON m.person_id = p.id AND m.campaign_id = %s
  WHERE p.id <= %s AND m.id IS NULL AND p.merged_into_id IS NULL AND starts_with(a.path, %s))
"""


def all_enrolled(campaign: Campaign, *, up_to_person: int) -> bool:
    """Is everyone of the campaign's area who was registered up to that id a member?"""
    with connection.cursor() as cursor:
        cursor.execute(MISSING, [campaign.pk, up_to_person, campaign.area.path])
        return not cursor.fetchone()[0]


def enrol(campaign: Campaign, plan: Plan, *, after_person: int = 0) -> int:
    """Put everyone who lives in the campaign's area into the first group that takes them.

    The columnar twin of `core.campaigns.groups.first_group`. Ages are of the campaign's first day.
    `after_person` limits the work to people registered after that id.
    """
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)  # one counts at a time
    changed = _place(campaign, plan, "p.id > %(who)s", after_person)
    _recount(campaign)
    return changed


def _place(campaign: Campaign, plan: Plan, whose: str, who: int | list[int]) -> int:
    """Put these people into their groups; how many are in another one than before, or new."""
    ids = dict(Group.objects.filter(campaign=campaign).values_list("code", "id"))
    choice, values = _choice(group_rules(plan), ids, plan.period.starts_on)
    below = campaign.area.path.replace("_", r"\_") + "%"
    values |= {"campaign": campaign.pk, "below": below, "who": who}
    with connection.cursor() as cursor:
        cursor.execute(ENROL.format(choice=choice, whose=whose), values)
        return int(cursor.rowcount)


def _recount(campaign: Campaign) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM campaigns_headcount WHERE campaign_id = %s", [campaign.pk])
        cursor.execute(COUNT, [campaign.pk])


def enrol_people(campaign: Campaign, plan: Plan, people: Sequence[int]) -> int:
    """Put these people into their groups anew; how many changed theirs."""
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)  # one counts at a time
    changed = _place(campaign, plan, "p.id = ANY(%(who)s::bigint[])", list(people))
    if changed:
        _recount(campaign)
    return changed


def enrol_one(campaign: Campaign, plan: Plan, person_id: int) -> None:
    """Put one newcomer into their group, and count them."""
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if _place(campaign, plan, "p.id = ANY(%(who)s::bigint[])", [person_id]):
        _count_one(campaign, person_id, 1)


def leave_one(campaign: Campaign, person_id: int) -> None:
    """Someone who is counted under another record is no member any more."""
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if Member.objects.filter(campaign=campaign, person=person_id).exists():
        _count_one(campaign, person_id, -1)
        Member.objects.filter(campaign=campaign, person=person_id).delete()


def leave_people(campaign: Campaign, people: Sequence[int]) -> None:
    """These are no members any more."""
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if Member.objects.filter(campaign=campaign, person__in=people).delete()[0]:
        _recount(campaign)


def _count_one(campaign: Campaign, person_id: int, step: int) -> None:
    member = Member.objects.select_related("person").get(campaign=campaign, person=person_id)
    place = {"campaign": campaign, "area_id": member.person.area_id, "group_id": member.group_id}
    if not Headcount.objects.filter(**place).update(people=F("people") + step):
        Headcount.objects.create(**place, people=1)


UNCLEAR = """
SELECT person, joined, oldest, youngest FROM (
  SELECT p.id AS person, {joined} AS joined, {oldest} AS oldest, {youngest} AS youngest
  FROM campaigns_member m JOIN people_person p ON p.id = m.person_id
  WHERE m.campaign_id = %(campaign)s AND p.born_precision <> 'day'
    AND (%(who)s::bigint[] IS NULL OR p.id = ANY(%(who)s::bigint[]))
    AND (%(areas)s::bigint[] IS NULL OR p.area_id = ANY(%(areas)s::bigint[]))) every
WHERE oldest IS DISTINCT FROM youngest OR joined IS DISTINCT FROM youngest
ORDER BY person LIMIT %(most)s
"""


def unclear_groups(
    campaign: Campaign,
    plan: Plan,
    who: Sequence[int] | None = None,
    *,
    areas: Sequence[int] | None = None,
    most: int = 1000,
) -> dict[int, tuple[str, ...]]:
    """People whose group hangs on a day of birth that is not known, with the codes it may be; '' is
    none."""
    ids = dict(Group.objects.filter(campaign=campaign).values_list("code", "id"))
    titles: dict[int | None, str] = {pk: code for code, pk in ids.items()}
    joined, values = _choice(group_rules(plan), ids, plan.period.starts_on)
    statement = UNCLEAR.format(
        joined=joined,
        oldest=joined.replace(LATEST, EARLIEST),
        youngest=joined.replace(EARLIEST, LATEST),
    )
    values |= {"campaign": campaign.pk, "most": most}
    values |= {"who": list(who) if who is not None else None}
    values |= {"areas": list(areas) if areas is not None else None}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return {
            person: tuple(dict.fromkeys(titles.get(g, "") for g in found))
            for person, *found in cursor.fetchall()
        }


def _choice(rules: list[GroupRule], ids: dict[str, int], day: date) -> tuple[str, dict[str, Any]]:
    """The rules as one SQL CASE, with its values."""
    values: dict[str, Any] = {}
    branches = []
    for i, rule in enumerate(rules):
        conditions = [_condition(d, f"g{i}d{j}", values, day) for j, d in enumerate(rule.known_by)]
        values[f"g{i}"] = ids[rule.code]
        branches.append(f"WHEN {' OR '.join(conditions)} THEN %(g{i})s::bigint")
    return f"CASE {' '.join(branches)} END", values


# of whom only a month or year is known both ends have to fit; written so that a day costs nothing
LATEST = "people_latest(p.born, p.born_precision)"
EARLIEST = "people_earliest(p.born, p.born_precision)"


def _condition(d: Description, name: str, values: dict[str, Any], day: date) -> str:
    parts = []
    if d.age_from:
        values[f"{name}from"] = born_by(day, d.age_from)
        parts.append(f"{LATEST} <= %({name}from)s")
    if d.age_to is not None:
        values[f"{name}to"] = born_by(day, d.age_to + 1)
        parts.append(f"{EARLIEST} > %({name}to)s")
    if d.sex is not None:
        values[f"{name}sex"] = d.sex.value
        parts.append(f"p.sex = %({name}sex)s")
    if d.trait is not None:
        values[f"{name}kind"], values[f"{name}code"] = d.trait[0].value, d.trait[1]
        parts.append(
            f"p.id IN (SELECT person_id FROM people_trait WHERE kind = %({name}kind)s"  # noqa: S608
            f" AND code = %({name}code)s)"
        )
    return f"({' AND '.join(parts) or 'true'})"
