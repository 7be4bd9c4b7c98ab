"""Studies that are kept: asked by a planner, worked out at once or by the worker, stopped."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import connection, transaction
from procrastinate.contrib.django import app

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal import audit, locks
from balmis.contexts.planning import services as studies
from balmis.contexts.planning.models import Study
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, Refusal, Unusable
from balmis.core.planning.study_result import StudyAsked, StudyResult
from balmis.core.roles import Act
from balmis.flows.planning.problem import PlanQuestion, WhatIf
from balmis.flows.planning.replan import replan
from balmis.flows.planning.scenarios import scenario_of
from balmis.flows.planning.study import QUICK, Depth, nothing, plain, study
from balmis.flows.planning.variants import variants

log = logging.getLogger("balmis.planning")
JOB = "work-out-study"
BEAT = 20  # seconds between two signs of life
EVERY = 0.4  # seconds between two words about the progress
Clock = Callable[[], datetime]


class Stopped(Exception):
    """Somebody wants the study to end."""


def asked_of(
    what: WhatIf, after: date | None, scenario: str | None, *, quick: bool, name: str | None = None
) -> StudyAsked:
    """What a study depends on, as plain values."""
    return {
        "scenario": scenario,
        "after": after.isoformat() if after else None,
        "quick": quick,
        "name": name[:80] if name else None,
        "what": plain(what),
    }


def what_of(asked: StudyAsked) -> WhatIf:
    given = asked["what"]
    return WhatIf(
        by=date.fromisoformat(given["by"]) if given["by"] else None,
        supply=given["supply"],
        capacity=given["capacity"],
        uptake=given["uptake"],
        surge=given["surge"],
        option=given["option"],
        lag_days=given["lag_days"],
    )


def try_out(slug: str, asked: StudyAsked, *, request_id: UUID, actor: Actor, clock: Clock) -> Study:
    """A quick answer, kept as a study. A repeated request gives the first one, unless it asks something
    else. Raises Refusal, BadInput, Unusable, NotAllowed: then nothing is kept."""
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.CHANGE_PLAN, area=campaign.area)
    earlier = studies.of_request(request_id)
    if earlier is not None and earlier.asked == asked and earlier.campaign_id == campaign.pk:
        return earlier
    result = _work(slug, asked, nothing, clock)
    with transaction.atomic(durable=True):
        own = _id_for(request_id, campaign.pk, asked)
        kept = studies.NewStudy(request_id=own, title="", asked=asked)
        found, new = studies.ask(campaign, kept, actor=actor, now=clock())
        if new:
            studies.finish(found.pk, result, now=clock())
            audit.record("study.tried", found.pk, actor=actor, now=clock(), campaign=slug)
    return studies.study(found.pk)


def _id_for(request_id: UUID, campaign_id: int, asked: StudyAsked) -> UUID:
    """The request's id; a new one where it stands for another question: the form was sent again with other
    numbers. Of two at once the second waits to see what the first asked."""
    locks.lock_request(request_id)
    earlier = studies.of_request(request_id)
    same = earlier is None or (earlier.asked == asked and earlier.campaign_id == campaign_id)
    return request_id if same else uuid4()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskStudy:
    """A whole study, with all that it depends on."""

    request_id: UUID
    campaign: str
    asked: StudyAsked
    title: str


@transaction.atomic(durable=True)
def ask_study(cmd: AskStudy, *, actor: Actor, now: datetime) -> Study:
    """A whole study, for the worker. A repeated request gives the first one. Raises Refusal(PLAN_UNKNOWN),
    BadInput for assumptions that cannot be read, NotAllowed."""
    campaign = campaigns.campaign(cmd.campaign)
    check_may(actor, Act.CHANGE_PLAN, area=campaign.area)
    scenario_of(cmd.campaign, cmd.asked["scenario"])
    own = _id_for(cmd.request_id, campaign.pk, cmd.asked)
    kept = studies.NewStudy(request_id=own, title=cmd.title[:120], asked=cmd.asked)
    found, new = studies.ask(campaign, kept, actor=actor, now=now)
    if new:
        audit.record(
            "study.asked",
            found.pk,
            actor=actor,
            now=now,
            campaign=cmd.campaign,
            title=cmd.title[:120],
        )
        app.configure_task(JOB, queue="studies", lock="studies").defer(study=found.pk)
    return found


@transaction.atomic(durable=True)
def stop_study(study_id: int, *, actor: Actor, now: datetime) -> None:
    """Raises Refusal(NOT_KNOWN), NotAllowed."""
    found = studies.study(study_id)
    check_may(actor, Act.CHANGE_PLAN, area=found.campaign.area)
    studies.ask_to_stop(found, now=now)
    audit.record("study.stopped", found.pk, actor=actor, now=now, campaign=found.campaign.slug)


def work_out(study_id: int, *, clock: Clock) -> None:
    """Called by the worker. Whatever comes out, or goes wrong, is written into the study."""
    found = studies.begin(study_id, now=clock())
    if found is None:
        return
    try:
        with _beating(study_id, clock):
            result = _work(found.campaign.slug, found.asked, _telling(study_id, clock), clock)
        studies.finish(study_id, result, now=clock())
    except Stopped:
        studies.cancelled(study_id, now=clock())
    except (Unusable, BadInput, Refusal) as error:
        studies.fail(
            study_id, "; ".join([str(error), *getattr(error, "problems", ())]), now=clock()
        )
    except Exception:
        log.exception("a study failed", extra={"job": str(study_id)})
        studies.fail(study_id, "unexpected", now=clock())


@contextmanager
def _beating(study_id: int, clock: Clock) -> Iterator[None]:
    """While a long step says nothing, the study's worker is still heard of."""
    over = threading.Event()

    def beat() -> None:
        try:
            while not over.wait(BEAT):
                studies.beat(study_id, now=clock())
        finally:
            connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _telling(study_id: int, clock: Clock) -> Callable[[str, int, int], None]:
    last = 0.0

    def tell(doing: str, done: int, steps: int) -> None:
        nonlocal last
        if time.monotonic() - last < EVERY:
            return
        last = time.monotonic()
        if not studies.hear(study_id, doing, done, steps, now=clock()):
            raise Stopped

    return tell


def _work(
    slug: str, asked: StudyAsked, tell: Callable[[str, int, int], None], clock: Clock
) -> StudyResult:
    scenario = scenario_of(slug, asked["scenario"])
    question = PlanQuestion(campaign=slug, scenario=scenario, what=what_of(asked))
    after = date.fromisoformat(asked["after"]) if asked["after"] else None
    depth = QUICK if asked["quick"] else Depth()
    if after:
        found = replan(question, after, depth=depth, tell=tell, now=clock())
    else:
        found = study(question, depth=depth, tell=tell, now=clock())
    if not asked["quick"]:
        found["variants"] = variants(
            replace(question, what=WhatIf()), after, tell=tell, now=clock()
        )
    return found
