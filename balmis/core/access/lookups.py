"""When looks at people are unusual: many people, one person by many, by night.

What is unusual is not wrong: each sign asks somebody to look, and to say what it was.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from balmis.core.vocabulary.access import LookupSign

NIGHT = frozenset({22, 23, 0, 1, 2, 3, 4})  # hours of the clock by which the user works

# what the trail calls a look at one person, or at what is about one
LOOKUPS = frozenset(
    {
        "person.read",
        "person.read_to_report",
        "person.exported",
        "case.read",
        "case.read_to_assess",
        "reaction.read",
        "registration.read",
    }
)


@dataclass(frozen=True, slots=True)
class LookupLimits:
    """From how many on a sign is seen."""

    many: int = 120  # people in an hour, by one user: two a minute
    famous: int = 8  # users in a day, at one person
    night: int = 10  # people in a night, by one user


@dataclass(frozen=True, slots=True)
class HourOfLookups:
    """How many different people one user looked at in an hour of their own clock."""

    user: str
    hour: int
    people: int


@dataclass(frozen=True, slots=True)
class Unusual:
    """`about` is a user or a person, as the trail names them: 'user:7', 'person:12'."""

    sign: LookupSign
    about: str
    number: int


def unusual(
    hours: Iterable[HourOfLookups], seen_by: Iterable[tuple[str, int]], limits: LookupLimits
) -> Iterator[Unusual]:
    """Of a day: hours by user, and by how many users each person was looked at."""
    most: dict[str, int] = {}
    night: dict[str, int] = {}
    for one in hours:
        most[one.user] = max(most.get(one.user, 0), one.people)
        if one.hour in NIGHT:
            night[one.user] = night.get(one.user, 0) + one.people
    for user, people in sorted(most.items()):
        if people >= limits.many:
            yield Unusual(LookupSign.MANY, user, people)
    for user, people in sorted(night.items()):
        if people >= limits.night:
            yield Unusual(LookupSign.NIGHT, user, people)
    for person, users in sorted(seen_by):
        if users >= limits.famous:
            yield Unusual(LookupSign.FAMOUS, person, users)


def read_limits(text: str) -> LookupLimits:
    """From the environment: 'many=200,night=30'; what is not named stays. Raises ValueError."""
    numbers: dict[str, int] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, _, number = part.partition("=")
        known = {f.name for f in fields(LookupLimits)}
        if name not in known or not (number.isascii() and number.isdigit() and int(number) > 0):
            raise ValueError(f"{part!r} is no sign with its number, such as many=120")
        numbers[name] = int(number)
    return LookupLimits(**numbers)
