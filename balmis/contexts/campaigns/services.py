"""Keep campaigns and their plan revisions."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from balmis.contexts.campaigns.models import Campaign, Group, PlanRevision
from balmis.contexts.campaigns.plan.checks import Checked
from balmis.contexts.campaigns.plan.format import Plan
from balmis.contexts.campaigns.plan.revision import differences
from balmis.contexts.places.models import Area
from balmis.core.actor import Actor
from balmis.core.dates import local_day


@dataclass(frozen=True, slots=True)
class State:
    """A plan as it is in force from a day on."""

    in_force_on: date
    title: str
    source: str
    content: dict[str, Any]

    @property
    def digest(self) -> str:
        return hashlib.sha256(
            json.dumps(self.content, sort_keys=True, ensure_ascii=False).encode()
        ).hexdigest()


@dataclass(frozen=True, slots=True)
class Stored:
    campaign: Campaign
    created: bool
    new_revisions: tuple[int, ...]
    diff: tuple[str, ...]  # what the newest revision changes
    before: dict[str, Any]  # the plan before it


def states_of(checked: Checked) -> list[State]:
    """The plan as first approved, then after each of its file's revisions."""
    if checked.plan is None:
        raise ValueError("the file has problems")
    base = {k: v for k, v in checked.content.items() if k != "revisions"}
    first = State(checked.plan.period.starts_on, "First approved plan", "", base)
    return [first, *(State(*later) for later in checked.later)]


def store_plan(
    states: list[State], *, slug: str, zone: str, area: Area, actor: Actor, now: datetime
) -> Stored:
    """Keep the plan's states as revisions. The same states again change nothing; states that
    go on from those known are added; a changed file becomes one new revision, in force today."""
    campaign, created = Campaign.objects.get_or_create(
        slug=slug, defaults={"area": area, "time_zone": zone, "made_at": now}
    )
    known = list(campaign.revisions.order_by("number"))
    new = _new_states(states, [r.digest for r in known], local_day(now, zone))
    before: dict[str, Any] = known[-1].content if known else {}
    diff: list[str] = []
    numbers: list[int] = []
    for state in new:
        number = len(known) + len(numbers) + 1
        diff = differences(before, state.content) if before else []
        PlanRevision.objects.create(
            campaign=campaign,
            number=number,
            in_force_on=state.in_force_on,
            title=state.title,
            source=state.source,
            content=state.content,
            digest=state.digest,
            loaded_at=now,
            actor=actor.name,
        )
        before = state.content
        numbers.append(number)
    previous = known[-1].content if known else {}
    return Stored(campaign, created, tuple(numbers), tuple(diff), previous)


def _new_states(states: list[State], known: list[str], today: date) -> list[State]:
    digests = [s.digest for s in states]
    if known and digests[-1] == known[-1]:
        return []
    if digests[: len(known)] == known:
        return states[len(known) :]
    last = states[-1]
    return [State(max(today, last.in_force_on), "Changed campaign file", "", last.content)]


def keep_groups(campaign: Campaign, plan: Plan) -> None:
    """The groups of the plan in force, ranked in their order. A group is never deleted."""
    for rank, entry in enumerate(plan.groups, start=1):
        Group.objects.update_or_create(
            campaign=campaign,
            code=entry.code,
            defaults={"rank": rank, "status": entry.status.value},
        )
