"""The stored answer of people of whom something changed, worked out anew within seconds: a dose, what a
doctor said, a group or a birthday. What follows from a new day, or from other rules, is the run's."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import queries as doses
from balmis.contexts.eligibility import queries, services
from balmis.contexts.eligibility.models import NextDose
from balmis.contexts.journal import locks, outbox
from balmis.core.dates import local_day
from balmis.core.errors import Refusal
from balmis.flows.eligibility.evaluate_person import Judged, judge_with_deferrals

CONSUMER = "eligibility"
AT_ONCE = 200  # people a transaction; a run of everyone waits for it
OPEN = timedelta(minutes=10)  # longer than any flow takes from its `now` to its commit


def renew_people(*, now: datetime) -> int:
    """Everyone who waits; returns how many messages were taken. What a run of everyone has seen is left
    out."""
    total = 0
    outbox.drop_before(CONSUMER, _seen_by_runs(now) - OPEN)
    take = partial(_take, now=now)
    while taken := outbox.deliver(CONSUMER, take, now=now, wait=False, limit=AT_ONCE):
        total += taken
    return total


def _seen_by_runs(now: datetime) -> datetime:
    """Until when every campaign that goes on has looked at everyone; those that never ran keep nothing."""
    last = [(c, run) for c in campaigns.campaigns() if (run := queries.last_run(c.pk)) is not None]
    return min((run.started_at for c, run in last if _goes_on(c, now)), default=now)


def _goes_on(campaign: Campaign, now: datetime) -> bool:
    ends_on = campaigns.latest_plan(campaign.pk).period.ends_on
    return local_day(now, campaign.time_zone) <= ends_on


def _take(messages: Iterable[tuple[str, dict[str, Any]]], *, now: datetime) -> None:
    told = [payload for _, payload in messages]
    people = {p["person"] for p in told if "person" in p}
    people |= doses.people_of_doses([p["dose"] for p in told if "dose" in p])
    answers: dict[int, list[NextDose]] = defaultdict(list)
    for row in queries.answers_of(people):
        answers[row.campaign_id].append(row)
    for campaign_id in sorted(answers):
        _renew(answers[campaign_id][0].campaign, answers[campaign_id], now)


def _renew(campaign: Campaign, answers: list[NextDose], now: datetime) -> None:
    """Raises outbox.Later while a run of everyone is on: it may not see what has changed since it began."""
    if not _goes_on(campaign, now):
        return
    on = local_day(now, campaign.time_zone)
    if not locks.try_to_take(locks.Lock.RUNNING, campaign.pk):
        raise outbox.Later(f"a run of {campaign.slug} is on")
    for answer in answers:
        with suppress(Refusal):  # no member any more: the run takes the answer away
            judged = judge_with_deferrals(campaign, answer.person, on)
            services.keep_answer(answer, _columns(judged), on=on)


def _columns(judged: Judged) -> dict[str, Any]:
    """As a run writes them: `core/schedule/columnar/population.py`."""
    decision, forecast = judged.decision, judged.result.groups[0]
    advised = sorted(forecast.products, key=lambda a: _rank(judged, a.product, a.preferred))
    return {
        "status": decision.status.value,
        "reason": decision.reason.value,
        "number": forecast.number if forecast.earliest else None,
        "role": forecast.role,
        "ready_on": decision.ready_on,
        "from_on": decision.from_on,
        "past_due": forecast.past_due,
        "phase": decision.phase or None,
        "products": list(decision.products),
        "suitable": [a.product for a in advised],
        "valid_until": decision.valid_until,
    }


def _rank(judged: Judged, product: str, preferred: bool) -> tuple[bool, int]:
    return not preferred, list(judged.schedule.products).index(product)
