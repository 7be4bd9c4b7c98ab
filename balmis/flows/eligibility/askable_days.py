"""For which days can a campaign's eligibility be asked?"""

from datetime import date, timedelta

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.core.errors import BadInput

BEFORE, AFTER = timedelta(days=366), timedelta(days=3660)


def check_day(campaign: Campaign, on: date) -> None:
    """A mistyped year must not rewrite everyone's answer. Raises BadInput."""
    period = campaigns.latest_plan(campaign.pk).period
    first, last = period.starts_on - BEFORE, period.ends_on + AFTER
    if not first <= on <= last:
        raise BadInput(f"{on} is not a day of {campaign.slug}; write one from {first} to {last}.")
