"""Sizing: what is said to be enough is enough, and one less is not."""

from dataclasses import replace

import pytest

from balmis.core.planning.centre import sizing
from balmis.core.planning.centre.simulation import simulate
from tests.core.test_simulate import centre

DAYS = 12


def p95(of) -> float:
    found = simulate(of, DAYS, 1)
    return found.percentile(0.95, found.in_line()).mean


def slots(of, a_slot):
    return replace(
        of,
        line=replace(of.line, seats=None, parking=None),
        arrivals=replace(of.arrivals, a_slot=a_slot),
    )


def test_one_more_a_slot_would_wait_too_long():
    base = centre(seats=30, parking=60)
    found = sizing.most_slots(base, 10.0, days=DAYS)
    a_slot = found.centre.arrivals.a_slot
    assert p95(slots(base, a_slot)) == pytest.approx(found.wait.mean) and found.wait.mean <= 10
    assert p95(slots(base, a_slot + 1)) > 10
    assert found.an_hour == 4 * a_slot and found.tried < 15


def test_one_server_less_anywhere_would_wait_too_long():
    found = sizing.fewest_servers(centre(a_slot=30), 5.0, days=DAYS)
    assert found.wait.mean <= 5
    for k, station in enumerate(found.centre.line.stations):
        if station.servers == 1:
            continue
        stations = list(found.centre.line.stations)
        stations[k] = replace(station, servers=station.servers - 1)
        less = replace(found.centre, line=replace(found.centre.line, stations=tuple(stations)))
        assert p95(less) > 5, station.name


def test_a_surge_needs_more_and_twice_needs_less_than_twice_the_staff():
    base = centre(a_slot=30)
    once, twice = (sizing.surge(base, f, 5.0, days=DAYS) for f in (1.0, 2.0))
    one, two = sum(once.servers.values()), sum(twice.servers.values())
    assert one < two <= 2 * one


def test_room_is_enough_on_all_but_the_stated_share_of_days():
    base = centre()
    room = sizing.room_for(base, 0.05, days=100)
    found = simulate(base, 100, 1)
    assert (found.most_seated() > room.seats).mean() <= 0.05
    assert (found.most_parked() > room.parking).mean() <= 0.05
    assert (found.most_seated() > room.seats - 1).mean() > 0.05


def test_what_cannot_be_sized_says_so():
    with pytest.raises(ValueError, match="not even one"):
        sizing.most_slots(centre(servers=(1, 1, 1), every=1.0), 0.001, days=4)
    for bad in (
        lambda: sizing.fewest_servers(centre(), -1),
        lambda: sizing.room_for(centre(), 0),
        lambda: sizing.surge(centre(), 0, 5),
    ):
        with pytest.raises(ValueError, match="no such"):
            bad()
