"""Something to book in the demo: sessions of the coming weeks, and a unit with its block."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction

from balmis.contexts.access import queries as access
from balmis.contexts.booking import sessions
from balmis.contexts.booking.sessions import SessionPlan
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.people import queries as people
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Site
from balmis.contexts.units import queries as units
from balmis.contexts.units import services as keeping
from balmis.core.actor import Actor
from balmis.core.dates import clock_span, local_day
from balmis.core.vocabulary.places import SiteKind, SiteStatus
from balmis.demo.replays import jeju
from balmis.flows.booking.sessions import plan_session, publish_session
from balmis.flows.people.letters import write_letter
from balmis.flows.units import blocks, rosters

DAYS = 35  # so that a second dose finds its day
OPENS, CLOSES = time(9), time(16)
UNIT, PEOPLE, PLACES = "harbour-office", 60, 40
ACTOR = Actor.system("demo")
SLUG = jeju.SLUG


def seed_sessions(*, now: datetime) -> int:
    """Sessions on the coming weekdays at the open centres that say what they have; only the days
    that have none. Returns how many were made."""
    campaign = campaigns.campaign(jeju.SLUG)
    today = local_day(now, campaign.time_zone)
    there = sessions.sessions(campaign.pk, first=today, last=today + timedelta(days=DAYS))
    known = {(s.site_id, s.on) for s in there}
    days = [today + timedelta(days=n) for n in range(1, DAYS + 1)]
    made = 0
    for site in _centres(campaign):
        for day in days:
            if day.weekday() < 5 and (site.pk, day) not in known:
                _open_session(campaign, site, day, now)
                made += 1
    return made


def _centres(campaign: Campaign) -> list[Site]:
    below = places.sites_below(campaign.area.code)
    found = [
        places.site(s.code)
        for s in below
        if s.kind == SiteKind.CENTRE and s.status == SiteStatus.OPEN
    ]
    return [s for s in found if s.stations]


def _open_session(campaign: Campaign, site: Site, on: date, now: datetime) -> None:
    plan = campaigns.latest_plan(campaign.pk)
    starts, ends = clock_span(on, OPENS, CLOSES, site.time_zone)
    session = plan_session(
        campaign.slug,
        site.code,
        SessionPlan(
            on=on,
            starts_at=starts,
            ends_at=ends,
            stations=site.stations or 1,
            seats=site.observation_seats,
            observation_minutes=plan.observation.minutes,
        ),
        actor=ACTOR,
        now=now,
    )
    publish_session(session.pk, now, actor=ACTOR, now=now)


def seed_unit(*, coordinator: str, now: datetime) -> int:
    """A unit led by the demo's coordinator, people on its roster and a block of places; returns
    how many people it has."""
    campaign = campaigns.campaign(jeju.SLUG)
    home = places.area("KR-49-1")
    unit = rosters.keep_unit(
        rosters.KeepUnit(
            campaign=campaign.slug,
            code=UNIT,
            title="Harbour office",
            category="",
            area=home.code,
            quota=PEOPLE,
            coordinator=access.user_id(coordinator),
        ),
        actor=ACTOR,
        now=now,
    )
    if not units.roster(unit.pk).exists():
        today = local_day(now, campaign.time_zone)
        with transaction.atomic():
            keeping.add_members(
                unit, [(p, "") for p in people.adults_of(home, today, PEOPLE)], on=today
            )
        coming = sessions.sessions(campaign.pk, first=today, last=today + timedelta(days=7))
        if coming:
            blocks.hold_block(coming[0].pk, UNIT, PLACES, actor=ACTOR, now=now)
    return int(units.roster(unit.pk).count())


@dataclass(frozen=True, slots=True)
class Example:
    """A synthetic resident to book as."""

    code: str  # of a letter to them
    born: date


def examples(most: int, *, now: datetime) -> list[Example]:
    """Letters to some; those of an earlier call are void."""
    found = people.adults_of(places.area("KR-49-2"), now.date(), most)
    letters = [write_letter(jeju.SLUG, p, actor=ACTOR, now=now) for p in found]
    return [Example(letter.code, letter.person.born) for letter in letters]
