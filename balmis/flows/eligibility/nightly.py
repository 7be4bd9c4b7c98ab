"""After midnight at the campaign, bring eligibility to the new day."""

import logging
from collections.abc import Callable
from datetime import datetime

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.eligibility import queries
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import BalmisError
from balmis.flows.eligibility.run import Outcome, RunEligibility, run_eligibility

log = logging.getLogger("balmis.worker")


def renew(clock: Callable[[], datetime]) -> dict[str, Outcome]:
    """Run each campaign that was run before and whose day has changed since; until it ends.

    One campaign that cannot be run is logged and does not stop the others.
    """
    done = {}
    for campaign in campaigns.campaigns():
        today = local_day(clock(), campaign.time_zone)
        last = queries.last_run(campaign.pk)
        if last is None or last.as_of >= today:
            continue
        if today > campaigns.latest_plan(campaign.pk).period.ends_on:
            continue
        try:
            done[campaign.slug] = run_eligibility(
                RunEligibility(campaign=campaign.slug, on=today),
                actor=Actor.system("nightly"),
                clock=clock,
            )
        except BalmisError:
            log.exception("eligibility was not renewed", extra={"job": campaign.slug})
    return done
