"""What may everyone in a campaign have next? Stored; afterwards only what may have changed.

A person is evaluated when there is no answer yet, when the answer's `valid_until` has come,
when the rules are others, or when the digest of the person's facts (birth, sex, area, group,
doses, corrections, conditions) is another.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
from django.db import connection, transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import bulk as clinic
from balmis.contexts.eligibility import bulk, queries, services
from balmis.contexts.eligibility.models import RuleVersion
from balmis.contexts.eligibility.models import Run as RunRow
from balmis.contexts.journal import audit, locks
from balmis.contexts.people import bulk as people
from balmis.contexts.places import queries as places
from balmis.core.actor import Actor
from balmis.core.errors import Unusable
from balmis.core.roles import Act
from balmis.core.schedule.columnar.population import Offered
from balmis.core.schedule.rules import Schedule
from balmis.flows.eligibility.askable_days import check_day
from balmis.flows.eligibility.deferrals import laid_over, stops_of_asked
from balmis.flows.eligibility.load_schedule import schedule_for
from balmis.flows.eligibility.offers import codes_of, deferred_groups, in_words, offers_of
from balmis.flows.eligibility.population_engine import IN_PROCESS, Engine


@dataclass(frozen=True, slots=True)
class Outcome:
    people: int
    evaluated: int
    changed: int
    rules: str
    seconds: float


@dataclass(frozen=True, slots=True)
class _Basis:
    """Of whom and by what a run judges, and for which day."""

    campaign: Campaign
    on: date
    rules: RuleVersion
    schedule: Schedule
    offered: Offered


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEligibility:
    """For which campaign and day everyone is asked."""

    campaign: str
    on: date
    everyone: bool = False  # also those whose answer still holds
    engine: Engine = IN_PROCESS


def run_eligibility(
    cmd: RunEligibility,
    *,
    actor: Actor,
    clock: Callable[[], datetime],
    report: Callable[[int, int], None] = lambda done, of: None,
) -> Outcome:
    """Bring the stored answers to `on`. `report` hears how many people are done, of how many.

    Raises NotAllowed, Refusal(PLAN_UNKNOWN, NOT_KNOWN), and BadInput for a schedule with
    features that the columnar evaluator lacks. On any error nothing is written.
    """
    campaign = campaigns.campaign(cmd.campaign)
    check_may(actor, Act.CHANGE_PLAN, area=campaign.area)
    check_day(campaign, cmd.on)
    with locks.held(locks.Lock.RUNNING, campaign.pk):
        with transaction.atomic(durable=True):  # before the snapshot: others may add versions too
            basis = _basis(campaign, cmd.on, actor, clock())
        return _run(cmd, basis, actor=actor, clock=clock, report=report)


def _run(
    cmd: RunEligibility,
    basis: _Basis,
    *,
    actor: Actor,
    clock: Callable[[], datetime],
    report: Callable[[int, int], None],
) -> Outcome:
    started, campaign, on, rules = clock(), basis.campaign, basis.on, basis.rules
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        clinic.digest_doses(campaign.pk)
        people.digest_traits(list(basis.schedule.file.observations))
        asked, gone = bulk.ask(campaign.pk, rules.pk, on, everyone=cmd.everyone)
        facts = _facts(campaign, basis.offered)  # all read before the answers' COPY begins
        stops = stops_of_asked(on)
        bulk.stage(
            laid_over(part, stops, on) for part in _answers(facts, basis, cmd.engine, report)
        )
        if (answered := bulk.staged()) != asked:
            raise Unusable(
                f"The engine answered for {answered:,} of {asked:,} people; "
                "nothing was stored. Run it again."
            )
        changed = bulk.merge(campaign.pk, rules.pk, on, gone=gone)
        count = campaigns.headcounts(campaign.pk).people
        finished = clock()
        RunRow.objects.create(
            campaign=campaign,
            rules=rules,
            as_of=on,
            started_at=started,
            finished_at=finished,
            people=count,
            evaluated=asked,
            changed=changed,
            engine=cmd.engine.name,
            actor=actor.name,
        )
        audit.record(
            "eligibility.run",
            f"campaign:{campaign.pk}",
            actor=actor,
            now=finished,
            as_of=str(on),
            evaluated=asked,
            changed=changed,
            rules=rules.digest,
        )
    return Outcome(count, asked, changed, rules.digest, (finished - started).total_seconds())


def _basis(campaign: Campaign, on: date, actor: Actor, now: datetime) -> _Basis:
    plan = campaigns.plan_on(campaign.pk, on)
    slug = plan.schedule or campaigns.latest_plan(campaign.pk).schedule
    version = schedule_for(slug, campaign.slug, actor=actor, now=now)
    schedule = queries.schedule_of(version.digest)
    offers = offers_of(plan)
    areas = places.areas_below(campaign.area.code)
    rules = services.keep_rules(
        campaign,
        version,
        campaigns.revision_on(campaign.pk, on),
        offers=in_words(offers, plan, areas),
        now=now,
    )
    offered = Offered(
        offers=tuple(offers),
        groups=tuple(g.code for g in plan.groups),
        deferred=deferred_groups(plan),
        areas=tuple(codes_of(a) for a in areas),
    )
    return _Basis(campaign, on, rules, schedule, offered)


Facts = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]  # people, doses, observations


def _facts(campaign: Campaign, offered: Offered) -> Facts:
    who = _placed(bulk.people(), campaign, offered.groups)
    doses = bulk.frame(
        clinic.LIVE_DOSES,
        {"person": pl.Int64, "product": pl.String, "on": pl.Date, "expires_on": pl.Date},
    )
    seen = bulk.frame(people.OBSERVED, {"person": pl.Int64, "code": pl.String}).with_columns(
        pl.lit(None, pl.Date).alias("on"), pl.lit(None, pl.Date).alias("until")
    )
    return who, doses, seen


def _answers(
    facts: Facts, basis: _Basis, engine: Engine, report: Callable[[int, int], None]
) -> Iterator[pl.DataFrame]:
    who, doses, seen = facts
    for done in range(0, len(who), engine.slice):
        part = who.slice(done, engine.slice)
        theirs = pl.col("person").is_between(part["person"][0], part["person"][-1])
        yield engine.evaluate(
            part, doses.filter(theirs), seen.filter(theirs), basis.schedule, basis.on, basis.offered
        )
        report(min(done + engine.slice, len(who)), len(who))


def _placed(who: pl.DataFrame, campaign: Campaign, codes: tuple[str, ...]) -> pl.DataFrame:
    """Group and area as numbers in the order of `Offered`."""
    areas = {a.id: n for n, a in enumerate(places.areas_below(campaign.area.code))}
    groups = {
        pk: codes.index(code) for pk, code in campaigns.groups(campaign.pk).items() if code in codes
    }
    return who.with_columns(
        pl.col("area_id").replace_strict(areas, return_dtype=pl.Int32).alias("area"),
        pl.col("group_id")
        .replace_strict(groups, default=None, return_dtype=pl.Int8)
        .alias("group"),
    )
