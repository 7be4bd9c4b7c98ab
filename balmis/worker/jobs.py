"""Background work, on PostgreSQL through procrastinate: nothing else to install or run."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from balmis.core.vocabulary.notices import Medium

log = logging.getLogger("balmis.worker")

EVERY_SECONDS = 5
NOTICE_SECONDS = 3
RETRY_SECONDS = 3
CONCURRENCY = 6  # jobs side by side: a study, two media that hang, and three that go on


def register(app: Any) -> None:
    """Give procrastinate its tasks."""
    _register_studies(app)
    _register_safety(app)
    _register_eligibility(app)
    _register_messages(app)
    _register_checks(app)

    @app.periodic(cron=f"* * * * * */{EVERY_SECONDS}")
    @app.task(queue="outbox", queueing_lock="deliver-outbox", pass_context=False)
    def deliver_outbox(timestamp: int) -> None:  # called by the worker
        """Hand waiting messages to their consumers."""
        deliver_all(datetime.now(UTC))

    @app.periodic(cron=f"* * * * * */{NOTICE_SECONDS}")
    @app.task(queue="notices", queueing_lock="tell-people", pass_context=False)
    def tell_people(timestamp: int) -> None:
        """Free what ran out, and write what happened to bookings."""
        write_all(lambda: datetime.now(UTC))

    @app.periodic(cron="5 * * * *")
    @app.task(queue="notices", queueing_lock="remind", pass_context=False)
    def remind_people(timestamp: int) -> None:
        from balmis.flows.booking.notices import remind

        log.info("reminded", extra={"job": remind(now=datetime.now(UTC))})

    @app.periodic(cron="20 * * * *")
    @app.task(queue="notices", queueing_lock="invite", pass_context=False)
    def invite_people(timestamp: int) -> None:
        """Those who may have a dose now and have no appointment, as many as there is room for."""
        from balmis.flows.booking.invitations import invite_all

        log.info("invited", extra={"job": invite_all(now=datetime.now(UTC))})

    @app.periodic(cron="*/10 * * * *")
    @app.task(queue="notices", queueing_lock="settle-identity", pass_context=False)
    def settle_identity(timestamp: int) -> None:
        """Merges that were left half done are completed; what was never proven is forgotten."""
        from balmis.flows.access import tries
        from balmis.flows.people import merge, registrations

        tries.forget_full(now=datetime.now(UTC))
        merge.settle_all(clock=lambda: datetime.now(UTC))
        registrations.forget_unproven(now=datetime.now(UTC))


def _register_eligibility(app: Any) -> None:
    @app.periodic(cron=f"* * * * * */{EVERY_SECONDS}")
    @app.task(queue="eligibility", queueing_lock="renew-people", pass_context=False)
    def renew_people(timestamp: int) -> None:
        """What people may have next, soon after something of them changed."""
        from balmis.flows.eligibility.renew_people import renew_people

        renew_people(now=datetime.now(UTC))

    @app.periodic(cron="15 * * * *")
    @app.task(queue="outbox", queueing_lock="renew-eligibility", pass_context=False)
    def renew_eligibility(timestamp: int) -> None:
        """Soon after midnight of each campaign, what may have changed is worked out anew."""
        from balmis.flows.eligibility.nightly import renew

        for slug, outcome in renew(lambda: datetime.now(UTC)).items():
            log.info("eligibility renewed", extra={"job": f"{slug}: {outcome.evaluated}"})


def _register_messages(app: Any) -> None:
    @app.periodic(cron=f"* * * * * */{NOTICE_SECONDS}")
    @app.task(queue="texts", queueing_lock="send-texts", pass_context=False)
    def send_texts(timestamp: int) -> None:
        """A line of its own for each medium: where one hangs, the other goes on."""
        send_all(Medium.SMS, lambda: datetime.now(UTC))

    @app.periodic(cron=f"* * * * * */{NOTICE_SECONDS}")
    @app.task(queue="mails", queueing_lock="send-mails", pass_context=False)
    def send_mails(timestamp: int) -> None:
        send_all(Medium.EMAIL, lambda: datetime.now(UTC))


def _register_checks(app: Any) -> None:
    @app.periodic(cron="* * * * *")
    @app.task(queue="outbox", queueing_lock="seal-trail", pass_context=False)
    def seal_trail(timestamp: int) -> None:
        """Lines of the audit trail are sealed soon after they were written."""
        from balmis.flows.access.trail import seal_trail

        seal_trail(now=datetime.now(UTC))

    @app.periodic(cron="5 * * * *")
    @app.task(queue="outbox", queueing_lock="watch-lookups", pass_context=False)
    def watch_lookups(timestamp: int) -> None:
        """Many people, one person by many, by night: an auditor is asked to look."""
        from balmis.flows.access.lookups import watch_lookups

        watch_lookups(now=datetime.now(UTC))

    @app.periodic(cron="40 2 * * *")
    @app.task(queue="outbox", queueing_lock="forget-old", pass_context=False)
    def forget_old(timestamp: int) -> None:
        """What is over is kept no longer than it is needed for."""
        from balmis.flows.people.retention import forget_old

        log.info("forgotten", extra={"job": str(forget_old(now=datetime.now(UTC)))})

    @app.periodic(cron="30 3 * * *")
    @app.task(queue="outbox", queueing_lock="check-invariants", pass_context=False)
    def check_invariants(timestamp: int) -> None:
        """Every night everything that is counted is counted again."""
        from balmis.contexts.booking.drift import drift
        from balmis.flows.access.trail import check_trail

        for found in drift():
            log.error("drift: %s", found.what, extra={"job": "; ".join(found.examples)})
        for amiss in check_trail([], now=datetime.now(UTC)):
            log.error("audit: %s", amiss)


def _register_safety(app: Any) -> None:
    @app.periodic(cron="*/5 * * * *")
    @app.task(queue="safety", queueing_lock="look-for-signals", pass_context=False)
    def look_for_signals(timestamp: int) -> None:
        """Every lot and product is tested; holds whose time is over end; deadlines are told of."""
        from balmis.flows.holds.hold_orders import expire_due
        from balmis.flows.safety.cases import escalate_all
        from balmis.flows.safety.surveillance import watch_all

        expire_due(now=datetime.now(UTC))
        escalate_all(now=datetime.now(UTC))
        watch_all(now=datetime.now(UTC))

    @app.periodic(cron="*/10 * * * *")
    @app.task(queue="notices", queueing_lock="ask-how-people-are", pass_context=False)
    def ask_how_people_are(timestamp: int) -> None:
        from balmis.flows.safety.diary import ask_all

        ask_all(now=datetime.now(UTC))


def _register_studies(app: Any) -> None:
    # one at a time, so that the others of the worker go on
    @app.task(name="work-out-study", queue="studies", lock="studies", pass_context=False)
    def work_out_study(study: int) -> None:
        """A whole study of the planning studio."""
        from balmis.flows.planning.studies import work_out

        work_out(study, clock=lambda: datetime.now(UTC))

    @app.periodic(cron="*/2 * * * *")
    @app.task(queue="outbox", queueing_lock="give-up-studies", pass_context=False)
    def give_up_studies(timestamp: int) -> None:
        """Studies whose worker was lost say so; old attempts go."""
        from balmis.contexts.planning.services import give_up

        give_up(now=datetime.now(UTC))


def deliver_all(now: datetime) -> int:
    from balmis.contexts.reporting import services as reporting

    taken = reporting.catch_up(now=now)
    if taken:
        log.info("counted", extra={"queue": "tallies", "job": taken})
    return taken


def write_all(clock: Callable[[], datetime]) -> None:
    """One round of what people wait for, up to the message."""
    from balmis.contexts.booking import places
    from balmis.flows.booking import standby
    from balmis.flows.booking.notices import announce
    from balmis.flows.units import blocks

    places.sweep(now=clock())
    blocks.release_due(now=clock())
    standby.offer_places(now=clock())
    announce(now=clock())


def send_all(medium: Medium, clock: Callable[[], datetime]) -> int:
    """One round of a medium; how many were sent."""
    from balmis.flows.booking.send_notices import deliver

    return deliver(medium, clock=clock)


def run_worker() -> None:
    """Work until SIGTERM or Ctrl-C; the job at hand is finished first.

    When the database goes away, the worker waits and comes back.
    """
    asyncio.run(_work())


async def _work() -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    while not stopping.is_set():
        working = asyncio.create_task(_run_once())
        waiting = asyncio.create_task(stopping.wait())
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if stopping.is_set():
            working.cancel()  # procrastinate finishes the job at hand, then ends
        waiting.cancel()
        (ended,) = await asyncio.gather(working, return_exceptions=True)
        if not stopping.is_set():
            log.error("the worker lost its database; trying again", extra={"job": str(ended)})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), RETRY_SECONDS)


async def _run_once() -> None:
    from procrastinate.contrib.django import app

    connector: Any = app.connector
    worker_app = app.with_connector(connector.get_worker_connector())
    async with worker_app.open_async():
        await worker_app.run_worker_async(
            concurrency=CONCURRENCY, install_signal_handlers=False, delete_jobs="successful"
        )
