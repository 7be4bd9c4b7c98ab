"""Events that are watched for, the deadlines of those who report them: data with a version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from balmis.core.safety.definitions import Code, Definition, Named
from balmis.core.safety.expected_counts import DAYS_A_YEAR, PER, Window
from balmis.core.vocabulary.people import Sex
from balmis.core.vocabulary.safety import Standing

MILLION = 1e6


class BackgroundRate(Struct, frozen=True, forbid_unknown_fields=True):
    """How often it comes anyway: low, mid and high, per 100,000 person-years, or per million doses
    where the event is known only after vaccinations."""

    low: float
    mid: float
    high: float
    per: str = "person_years"  # or doses
    sex: Sex | None = None
    from_age: int = 0
    to_age: int = 200  # and including it

    def per_dose(self, which: str, window: Window) -> float:
        """Events due in the whole window after one dose; `which`: low, mid or high."""
        rate = float(getattr(self, which))
        if self.per == "doses":
            return rate / MILLION
        return rate / PER * window.days / DAYS_A_YEAR

    def covers(self, age: int, sex: str) -> bool:
        """Is the rate one of such people?"""
        return self.from_age <= age <= self.to_age and (self.sex is None or self.sex.value == sex)


class Event(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    code: Code
    name: Named
    first: int = 0  # day of the risk window, 0 is the day of the dose
    last: int = 42
    special: bool = False  # of special interest: watched by a sequential test
    callback: bool = False  # whoever tells of it is called
    rates: tuple[BackgroundRate, ...] = ()
    source: str = ""

    @property
    def window(self) -> Window:
        return Window(self.first, self.last)


class Deadline(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Until when something must have been done for a case."""

    code: Code
    name: Named
    hours: Annotated[float, Meta(gt=0)]
    since: str  # received, or noticed: the moment that starts it
    done: Code  # the note on the case that ends it
    owner: str  # the role whose work it is
    standing: Standing
    source: str
    serious: bool | None = None  # None: any
    died: bool = False  # only deaths
    events: tuple[Code, ...] = ()  # empty: any


class Jurisdiction(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    code: Code
    version: str
    name: Named
    areas: tuple[
        str, ...
    ] = ()  # codes, or the country before their dash; empty: wherever no other is
    deadlines: tuple[Deadline, ...]


class SafetyFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    format: str
    version: str
    events: tuple[Event, ...] = ()
    definitions: tuple[Definition, ...] = ()
    jurisdictions: tuple[Jurisdiction, ...] = ()
    delay: tuple[float, ...] = ()  # share of reports that have come so many days after the onset
    delay_source: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What of a case decides which deadlines it has."""

    event: str
    serious: bool
    died: bool
    at: Mapping[str, datetime]  # when it was received, noticed, known to be serious
    done: Mapping[str, tuple[datetime, ...]]  # notes on it, each kind in time


ESCALATE = (0.5, 0.8, 1.0)  # shares of the time at which someone above is told


@dataclass(frozen=True, slots=True)
class Clock:
    deadline: Deadline
    started: datetime
    due: datetime
    done: datetime | None

    def used(self, now: datetime) -> float:
        """The share of its time that has passed; of one that is done, when it was."""
        return ((self.done or now) - self.started) / (self.due - self.started)

    def reached(self, now: datetime) -> tuple[float, ...]:
        """The shares at which someone is told, up to now; none once it is done."""
        return () if self.done else tuple(s for s in ESCALATE if self.used(now) >= s)

    def late(self, now: datetime) -> bool:
        return (self.done or now) > self.due


def clocks(of: Jurisdiction, case: About) -> list[Clock]:
    """The deadlines that a case has, the next to end first."""
    found = []
    for d in of.deadlines:
        started = case.at.get(d.since)
        if started is None or not _applies(d, case):
            continue
        if d.serious and (learnt := case.at.get("serious")) is not None:
            started = max(
                started, learnt
            )  # a mild event that turned serious has its time from then on
        done = next((t for t in case.done.get(d.done, ()) if t >= started), None)
        found.append(Clock(d, started, started + timedelta(hours=d.hours), done))
    return sorted(found, key=lambda c: (c.done is not None, c.due, c.deadline.code))


def _applies(d: Deadline, case: About) -> bool:
    if d.serious is not None and d.serious != case.serious:
        return False
    if d.died and not case.died:
        return False
    return not d.events or case.event in d.events


def jurisdiction_for(found: tuple[Jurisdiction, ...], area_path: str) -> Jurisdiction:
    """That of the area, or the one for wherever there is no other."""
    codes = area_path.strip("/").split("/")
    inside = {*codes, *(c.partition("-")[0] for c in codes)}
    return next((j for j in found if inside & set(j.areas)), next(j for j in found if not j.areas))
