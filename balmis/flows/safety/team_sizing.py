"""How many clinical teams a day needs: from the appointments of its busiest hour and how often
people react."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from balmis.contexts.booking import bookings
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.places import queries as places
from balmis.contexts.safety import response
from balmis.core.safety.response_times import teams_needed
from balmis.core.vocabulary.safety import TeamKind

A_CALL = 45.0  # minutes that a call keeps a team; an assumption, to be replaced by what is seen
PER_DOSE = 1 / 1_000  # calls for help a dose; an assumption to begin with (fainting included)
ENOUGH = 20  # calls from which on the campaign's own rate is used
RISK = 0.01  # share of calls that may find all teams busy


@dataclass(frozen=True, slots=True)
class TeamsNeeded:
    """Teams for the next 24 hours."""

    busiest: int  # appointments in the busiest hour
    per_dose: float
    own: bool  # is that rate the campaign's own?
    teams: int
    on_duty: int


def clinical_need(campaign: Campaign, *, now: datetime) -> TeamsNeeded:
    sites = [s.pk for s in places.sites_in(campaign.area.code)]
    hours = bookings.booked_by_hour(sites, now, now + timedelta(hours=24))
    busiest = max(hours.values(), default=0)
    seen = response.since(campaign.pk, TeamKind.CLINICAL, now - timedelta(days=28))
    given = bookings.kept_between(sites, now - timedelta(days=28), now)
    own = len(seen) >= ENOUGH and given > 0
    rate = len(seen) / given if own else PER_DOSE
    on_duty = sum(
        1 for t in response.teams(campaign.area.path) if t.kind == TeamKind.CLINICAL and t.ready
    )
    return TeamsNeeded(
        busiest, rate, own, teams_needed(busiest * rate, A_CALL, RISK) if busiest else 0, on_duty
    )
