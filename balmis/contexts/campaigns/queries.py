"""Read campaigns, plans and who is in which group."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import msgspec
from django.db.models import Sum

from balmis.contexts.campaigns.models import Campaign, Group, Headcount, Member, PlanRevision
from balmis.contexts.campaigns.plan.format import Plan
from balmis.contexts.journal.reference_cache import referenced
from balmis.contexts.journal.rows import rows_of
from balmis.contexts.places.models import Area
from balmis.core.errors import Refusal
from balmis.core.policy import Policy
from balmis.core.vocabulary.campaigns import Measure
from balmis.core.vocabulary.reasons import Refused


@referenced
def campaign(slug: str) -> Campaign:
    """Raises Refusal(PLAN_UNKNOWN)."""
    found = Campaign.objects.select_related("area").filter(slug=slug).first()
    if found is None:
        raise Refusal(Refused.PLAN_UNKNOWN, campaign=slug)
    return found


@referenced
def zone_of(slug: str) -> str:
    """The time zone of a campaign; "" where there is none of this name."""
    return Campaign.objects.filter(slug=slug).values_list("time_zone", flat=True).first() or ""


def check_within(campaign: Campaign, area: Area, *, what: str, key: object) -> None:
    """Whatever lies in the area is no other region's. Raises Refusal(NOT_KNOWN): what a campaign does not
    cover it does not know."""
    if not area.path.startswith(campaign.area.path):
        raise Refusal(Refused.NOT_KNOWN, what=f"{what} of {campaign.slug}", key=key)


def campaigns() -> list[Campaign]:
    return list(Campaign.objects.select_related("area").order_by("slug"))


@referenced
def revision_on(campaign_id: int, day: date) -> PlanRevision:
    """The revision in force on a day; before the first one, the first."""
    revisions = PlanRevision.objects.filter(campaign_id=campaign_id).defer("content")
    found = revisions.filter(in_force_on__lte=day).order_by("-in_force_on", "-number").first()
    return found or revisions.order_by("number")[0]


def plan_on(campaign_id: int, day: date) -> Plan:
    return plan_of(revision_on(campaign_id, day).pk)


@referenced
def latest_plan(campaign_id: int) -> Plan:
    last = PlanRevision.objects.filter(campaign_id=campaign_id).order_by("-number")
    return plan_of(last.values_list("id", flat=True)[0])


def policy_of(campaign_id: int) -> Policy:
    """What the campaign's authority decided, by the latest revision of its plan."""
    return latest_plan(campaign_id).policy


@lru_cache(maxsize=64)
def plan_of(revision_id: int) -> Plan:
    """A revision's plan. Revisions never change, so it can be kept."""
    content = PlanRevision.objects.values_list("content", flat=True).get(pk=revision_id)
    return msgspec.convert(content, Plan, strict=False)


def planned_doses(campaign_id: int) -> int:
    """About how many doses the plan's targets take: two for everyone who is to be reached, or as many
    as a target counts itself."""
    per = {Measure.DOSES: 1, Measure.BOOSTED: 1}
    targets = latest_plan(campaign_id).targets
    return max((t.aim * per.get(t.measure, 2) for t in targets), default=0)


def revisions(campaign_id: int) -> list[PlanRevision]:
    return list(PlanRevision.objects.filter(campaign_id=campaign_id).order_by("number"))


def groups(campaign_id: int) -> dict[int, str]:
    """Group ids to codes, in rank order."""
    found = Group.objects.filter(campaign_id=campaign_id).order_by("rank", "code")
    return dict(found.values_list("id", "code"))


@referenced
def group_codes(campaign_id: int) -> dict[int, str]:
    return groups(campaign_id)


@dataclass(frozen=True, slots=True)
class Headcounts:
    by_area: dict[int, int]
    by_group: dict[int | None, int]
    people: int


def headcounts(campaign_id: int) -> Headcounts:
    found = Headcount.objects.filter(campaign_id=campaign_id).order_by()
    by_area = dict(found.values_list("area_id").annotate(n=Sum("people")))
    by_group = dict(found.values_list("group_id").annotate(n=Sum("people")))
    return Headcounts(by_area, by_group, sum(by_area.values()))


def headcount_cells(campaign_id: int) -> list[tuple[int, str, int]]:
    """Area, code of the group ('' for none) and people, as counted when people were enrolled."""
    found = Headcount.objects.filter(campaign_id=campaign_id).order_by("area_id", "group_id")
    rows = found.values_list("area_id", "group__code", "people")
    return [(area, group or "", people) for area, group, people in rows]


def group_of(campaign_id: int, person_id: int) -> str | None:
    """The code of the member's group. Raises Refusal(NOT_KNOWN) for people who are no members."""
    found = rows_of(Member, "WHERE campaign_id = %s AND person_id = %s", [campaign_id, person_id])
    if not found:
        raise Refusal(Refused.NOT_KNOWN, what="member of the campaign", key=person_id)
    group = found[0].group_id
    if group is None:
        return None
    known = group_codes(campaign_id)  # one that was made since then is looked up
    return known[group] if group in known else groups(campaign_id)[group]
