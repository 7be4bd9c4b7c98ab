"""Days and clocks of places, on every day that any of them ever set its clocks."""

import ast
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balmis.contexts.booking.sessions import SessionPlan
from balmis.core.dates import (
    clock_span,
    day_span,
    days_later,
    end_of_day,
    instant,
    local_day,
    noon,
)

ZONES = sorted(available_timezones() - {"localtime"})
DAYS = st.dates(date(1950, 1, 1), date(2060, 12, 31))
TIMES = st.builds(lambda m: time(m // 60, m % 60), st.integers(0, 24 * 60 - 1))
DAY = timedelta(days=1)


def shown(moment, zone):
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@st.composite
def nights_of_change(draw):
    """A zone, and a day on or beside which its clocks were set."""
    zone = draw(st.sampled_from(ZONES))
    year = draw(st.integers(1950, 2037))
    noons = [datetime(year, 1, 1, 12, tzinfo=UTC) + n * DAY for n in range(366)]
    offsets = [n.astimezone(ZoneInfo(zone)).utcoffset() for n in noons]
    changes = [a for a, b, c in zip(noons, offsets, offsets[1:], strict=False) if b != c]
    found = draw(st.sampled_from(changes or noons))
    return zone, found.date() + draw(st.integers(-1, 1)) * DAY


PLACES = nights_of_change() | st.tuples(st.sampled_from(ZONES), DAYS)


@given(PLACES, TIMES)
def test_an_instant_shows_its_time_or_is_the_moment_that_jumped_over_it(place, at):
    zone, day = place
    found, wanted = instant(day, at, zone), datetime.combine(day, at)
    assert found.tzinfo is UTC
    if shown(found, zone) == wanted:
        earlier = [found - n * timedelta(minutes=15) for n in range(1, 8)]
        assert all(shown(e, zone) != wanted for e in earlier), "not the first time"
    else:
        assert shown(found - timedelta(seconds=1), zone) < wanted < shown(found, zone)


@given(PLACES, TIMES, TIMES)
def test_later_on_the_clock_is_never_earlier(place, one, other):
    zone, day = place
    one, other = sorted((one, other))
    assert instant(day, one, zone) <= instant(day, other, zone) <= end_of_day(day, zone)


@given(PLACES)
def test_days_follow_each_other_without_a_gap(place):
    zone, day = place
    begin, end = day_span(day, zone)
    assert begin <= end == day_span(day + DAY, zone)[0]
    if begin < end:
        assert local_day(begin, zone) == local_day(end - timedelta(seconds=1), zone) == day
        assert timedelta(hours=12) <= end - begin <= timedelta(hours=48)
        assert begin < noon(day, zone) < end


@given(PLACES, TIMES, st.integers(1, 60))
def test_days_later_shows_the_same_time(place, at, days):
    zone, day = place
    first = instant(day, at, zone)
    local = shown(first, zone)
    assert days_later(first, days, zone) == instant(local.date() + days * DAY, local.time(), zone)


@given(PLACES, TIMES, TIMES)
def test_a_span_ends_when_the_clock_next_shows_its_end(place, begins, ends):
    zone, day = place
    first, last = clock_span(day, begins, ends, zone)
    assert first <= last
    assert last <= end_of_day(day + DAY, zone)
    if ends == time():
        assert last == end_of_day(day, zone)


@given(PLACES, TIMES, TIMES, st.integers(1, 4))
def test_a_session_has_a_slot_each_quarter_of_an_hour_that_passes(place, begins, ends, days):
    zone, day = place
    first, last = clock_span(day, begins, ends, zone)
    plan = SessionPlan(on=day, starts_at=first, ends_at=last, stations=1, doses=101)
    for one in plan.repeated(days, zone):
        parts = one.by_day(zone)
        assert (parts[0].starts_at, parts[-1].ends_at) == (one.starts_at, one.ends_at)
        assert sum(p.doses for p in parts) == 101
        for part in parts:
            whole = timedelta(minutes=15) * part.slots
            assert whole <= part.ends_at - part.starts_at < whole + timedelta(minutes=15)
            assert part.ends_at <= end_of_day(part.on, zone)
            if part.slots > 0:
                assert local_day(part.starts_at, zone) >= part.on


@pytest.mark.parametrize(
    ("begins", "ends", "hours"),
    [
        ("2027-03-28 01:00", "05:00", 3),  # the clocks of Rome go from 2 to 3
        ("2027-03-28 02:30", "05:00", 2),
        ("2027-10-31 01:00", "05:00", 5),  # and from 3 back to 2
        ("2027-10-30 22:00", "02:00", 4),
        ("2027-10-30 18:00", "00:00", 6),
        ("2027-03-27 22:00", "04:00", 5),
    ],
)
def test_a_night_in_rome(begins, ends, hours):
    said = datetime.fromisoformat(begins)
    first, last = clock_span(said.date(), said.time(), time.fromisoformat(ends), "Europe/Rome")
    assert last - first == timedelta(hours=hours)


# ---- in one place ----------------------------------------------------------------------------

READ_AS_THEY_STAND = {
    # a logger's file tells by its order which of two equal times is meant
    "core/coldchain/loggers.py",
}


def local_times(source: str) -> list[int]:
    """Lines that make an instant of a clock's time by themselves."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        zones = [k.value for k in node.keywords if k.arg == "tzinfo"]
        named = {"UTC", "None"}
        if called.endswith("datetime.combine") or (
            called.endswith((".replace", "datetime"))
            and any(ast.unparse(z) not in named for z in zones)
        ):
            found.append(node.lineno)
        elif called.endswith(".astimezone") and not (node.args or node.keywords):
            found.append(node.lineno)  # of the machine
    return found


def test_the_clocks_of_places_are_read_in_one_place():
    root = Path(__file__).parents[2] / "balmis"
    found = {
        f"{name}:{line}"
        for path in root.rglob("*.py")
        if (name := path.relative_to(root).as_posix()) not in READ_AS_THEY_STAND | {"core/dates.py"}
        for line in local_times(path.read_text())
    }
    assert not found


@pytest.mark.parametrize(
    "line",
    [
        "datetime.combine(day, time(), zone)",
        "said.replace(tzinfo=zone)",
        "datetime(2021, 1, 1, tzinfo=zone)",
        "now.astimezone()",
    ],
)
def test_what_makes_an_instant_by_itself_is_seen(line):
    assert local_times(line) == [1]


@pytest.mark.parametrize(
    "line", ["at.replace(tzinfo=UTC)", "at.replace(tzinfo=None)", "at.astimezone(zone)"]
)
def test_what_is_of_no_place_is_not(line):
    assert not local_times(line)
