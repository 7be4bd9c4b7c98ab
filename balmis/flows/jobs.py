"""Background work, on PostgreSQL through procrastinate: nothing else to install or run."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

log = logging.getLogger("balmis.worker")

EVERY_SECONDS = 5


def register(app: Any) -> None:
    """Give procrastinate its tasks."""

    @app.periodic(cron=f"* * * * * */{EVERY_SECONDS}")
    @app.task(queue="outbox", queueing_lock="deliver-outbox", pass_context=False)
    def deliver_outbox(timestamp: int) -> None:  # called by the worker
        """Hand waiting messages to their consumers."""
        deliver_all(datetime.now(UTC))


def deliver_all(now: datetime) -> int:
    from balmis.contexts.reporting import services as reporting

    with transaction.atomic():
        taken = reporting.catch_up(now=now)
    if taken:
        log.info("counted", extra={"queue": "tallies", "job": taken})
    return taken


def run_worker() -> None:
    """Work until SIGTERM or Ctrl-C; the job at hand is finished first."""
    from procrastinate.contrib.django import app

    async def work() -> None:
        connector: Any = app.connector
        worker_app = app.with_connector(connector.get_worker_connector())
        async with worker_app.open_async():
            await worker_app.run_worker_async(
                concurrency=1, install_signal_handlers=True, delete_jobs="successful"
            )

    asyncio.run(work())
