"""Capacity, re-placement, passes, the waiting room: pure rules of booking."""

import bisect
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as replace_pass

from balmis.core.booking.capacity import SessionSize, share_out, size_slots, slots_in
from balmis.core.booking.passes import (
    Pass,
    Second,
    check_fits,
    check_pair,
    read,
    second_of,
    sign,
    together,
)
from balmis.core.booking.rebooking import Choice, replace_all
from balmis.core.booking.signed_text import key_of
from balmis.core.booking.waiting_room import (
    TimedOpening,
    Turn,
    WaitingTicket,
    check_turn,
    pause,
    turn,
)
from balmis.core.booking.waiting_room import read as read_ticket
from balmis.core.booking.waiting_room import sign as sign_ticket
from balmis.core.errors import Refusal
from balmis.core.vocabulary.booking import Limit, PoolKind
from balmis.core.vocabulary.reasons import Refused

some = st.integers(0, 60) | st.none()
sessions = st.builds(
    SessionSize,
    slots=st.integers(1, 40),
    slot_minutes=st.sampled_from([5, 10, 15, 20, 30]),
    stations=st.integers(1, 12),
    staff=some,
    seats=some,
    parking=some,
    doses=some,
    minutes_per_dose=st.fractions(Fraction(1), Fraction(12), max_denominator=4),
    observation_minutes=st.sampled_from([0, 15, 30, 45]),
    stay_minutes=st.integers(0, 90),
    people_per_place=st.sampled_from([Fraction(1), Fraction(3, 2), Fraction(2)]),
)


def most_in(people, run):
    return max(sum(people[i : i + run]) for i in range(len(people)))


@given(sessions)
def test_no_run_of_slots_exceeds_any_limit(s):
    """Seats and parking through every stay, stations and staff, doses over the day."""
    people = size_slots(s).people
    if s.seats is not None and s.observation_minutes:
        assert most_in(people, slots_in(s.observation_minutes, s.slot_minutes)) <= s.seats
    if s.parking is not None and s.stay_minutes:
        cars = s.parking * s.people_per_place
        assert most_in(people, slots_in(s.stay_minutes, s.slot_minutes)) <= -(-cars // 1)
    if s.doses is not None:
        assert sum(people) <= s.doses
    for hands in (s.stations, s.staff):
        if hands is not None:
            assert sum(people) <= hands * len(people) * s.slot_minutes / s.minutes_per_dose


@given(sessions)
def test_not_one_place_fewer_than_the_binding_limit_allows(s):
    sized = size_slots(s)
    assert sized.total == int(sized.rates[sized.binding] * s.slots)
    if sized.binding is Limit.DOSES:
        assert sized.total == s.doses


def test_the_seats_of_a_hall_bind():
    """10 seats for 30 minutes are 20 people an hour, however many stations there are."""
    hall = SessionSize(slots=8, slot_minutes=15, stations=6, minutes_per_dose=Fraction(5), seats=10)
    sized = size_slots(hall)
    assert (sized.binding, sized.people) == (Limit.SEATS, (5,) * 8)


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=40),
    st.fractions(0, 1, max_denominator=20),
    st.fractions(0, 1, max_denominator=20),
)
def test_what_is_held_back_is_part_of_each_slot_and_its_share_of_all(people, one, other):
    other = min(other, 1 - one)
    pools = share_out(people, {PoolKind.SECOND: one, PoolKind.WALK_IN: other})
    assert [sum(p.values()) for p in pools] == people
    assert all(n >= 0 for p in pools for n in p.values())
    assert sum(p[PoolKind.SECOND] for p in pools) == int(sum(people) * one)


# ---- re-placement ---------------------------------------------------------------------------

NINE = datetime(2021, 6, 18, 0, tzinfo=UTC)


def offer(
    pool, *, hours=0.0, days=0, site="hall", area="/IS/IS-N/", free=1, kind="open", products=()
):
    at = NINE + timedelta(days=days, hours=hours)
    return SimpleNamespace(
        pool=pool,
        kind=kind,
        starts_at=at,
        on=at.date(),
        site=site,
        area_path=area,
        products=products,
        free=free,
    )


def choice(booking, **changes):
    fields = {
        "starts_at": NINE,
        "on": NINE.date(),
        "site": "hall",
        "area_path": "/IS/IS-N/",
        "product": "comirnaty",
        "second": False,
    }
    return Choice(booking=booking, **(fields | changes))


def placed(people, offers, within_days=7):
    return {b: o.pool for b, o in replace_all(people, offers, within_days=within_days).items()}


def test_a_place_is_as_far_away_as_the_policy_allows():
    assert placed([choice(1)], [offer(1, days=9)], within_days=21) == {1: 1}
    assert placed([choice(1)], [offer(1, days=9)], within_days=8) == {}


def test_the_nearest_time_at_the_site_comes_first_then_the_nearest_site_then_later_days():
    offers = [
        offer(1, days=1),
        offer(2, site="far", area="/IS/IS-S/"),
        offer(3, site="near", hours=4),
        offer(4, hours=5),
        offer(5, hours=2),
    ]
    assert placed([choice(n) for n in range(6)], offers) == {0: 5, 1: 4, 2: 3, 3: 2, 4: 1}


def test_nobody_is_moved_to_an_earlier_day_another_product_or_places_for_second_doses():
    offers = [
        offer(1, days=-1),
        offer(2, products=("jcovden",)),
        offer(3, kind="second"),
        offer(4, days=8),
    ]
    assert placed([choice(1)], offers) == {}
    assert placed([choice(1, second=True)], offers) == {1: 3}


# ---- passes ---------------------------------------------------------------------------------

KEY = key_of("secret", "booking pass")
PASS = Pass(
    person=7,
    name="Resident 7",
    campaign=1,
    number=1,
    products=("comirnaty",),
    first=date(2021, 6, 18),
    last=date(2021, 7, 1),
    expires=1000,
    seconds=(Second("comirnaty", 2, 21, 42),),
)


def refused(reason, act, *args, **kwargs):
    with pytest.raises(Refusal) as caught:
        act(*args, **kwargs)
    assert caught.value.reason is reason


def test_a_pass_says_what_was_signed_until_it_is_over():
    assert read(sign(PASS, KEY), KEY, now=999) == PASS
    refused(Refused.PASS_OVER, read, sign(PASS, KEY), KEY, now=1000)


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_changed_pass_is_unusable(at, by):
    text = sign(PASS, KEY)
    n = at % len(text)
    changed = text[:n] + chr((ord(text[n]) + by) % 256) + text[n + 1 :]
    try:
        assert read(changed, KEY, now=1) == PASS  # another spelling of the same bits
    except Refusal as refusal:
        assert refusal.reason is Refused.PASS_UNUSABLE
    refused(Refused.PASS_UNUSABLE, read, text, key_of("secret", "another purpose"), now=1)


def test_a_pass_opens_its_own_days_products_and_places():
    def fits(on=PASS.first, products=(), pool="open", campaign=1):
        return check_fits(PASS, on=on, products=products, pool=pool, campaign=campaign)

    assert fits() is None
    assert fits(products=("jcovden", "comirnaty")) == "comirnaty"
    refused(Refused.PRODUCT_UNSUITABLE, fits, products=("jcovden",))
    refused(Refused.OUTSIDE_PASS, fits, on=date(2021, 6, 17))
    refused(Refused.OUTSIDE_PASS, fits, on=date(2021, 7, 2))
    refused(Refused.PASS_UNUSABLE, fits, pool="unit:harbour")
    refused(Refused.PASS_UNUSABLE, fits, campaign=2)


def test_a_pair_keeps_the_interval():
    first = date(2021, 6, 18)
    assert check_pair(PASS, "comirnaty", first, first + timedelta(days=21)) == 2
    for days in (20, 43):
        refused(Refused.PAIR_TOO_CLOSE, check_pair, PASS, "", first, first + timedelta(days=days))
    refused(Refused.PASS_UNUSABLE, check_pair, PASS, "jcovden", first, first)


FAMILY = (
    PASS,
    replace_pass(
        PASS,
        person=2,
        products=("comirnaty",),
        first=date(2021, 6, 20),
        last=None,
        seconds=(Second("comirnaty", 2, 28, 35),),
    ),
)


def test_a_family_may_have_what_all_of_them_may_have():
    both = together(FAMILY)
    assert both is not None
    assert (both.person, both.first, both.last) == (PASS.person, date(2021, 6, 20), PASS.last)
    assert both.products == ("comirnaty",)
    second = second_of(both, "comirnaty")
    alone = second_of(PASS, "comirnaty")
    assert second is not None and alone is not None
    assert (second.least, second.most) == (max(28, alone.least), min(35, alone.most))
    assert together([PASS]) == PASS


def test_a_family_with_nothing_in_common_books_apart():
    assert together([PASS, replace_pass(PASS, products=("spikevax",))]) is None
    assert together([PASS, replace_pass(PASS, first=date(2022, 1, 1))]) is None
    without = together([PASS, replace_pass(PASS, seconds=())])
    assert without is not None and without.seconds == ()
    closed = together([replace_pass(PASS, pools=("open", "unit:harbour")), PASS])
    assert closed is not None and "unit:harbour" not in closed.pools


# ---- the waiting room -----------------------------------------------------------------------

RUSH = TimedOpening(
    key=1,
    campaign=1,
    doors_at=NINE - timedelta(hours=1),
    opens_at=NINE,
    closes_at=NINE + timedelta(hours=4),
    per_minute=600,
    early=10_000,
    seed=b"s",
)


def early(person, digit=7):
    return WaitingTicket(1, person, digit, None)


def test_those_in_at_the_opening_are_drawn_and_let_in_evenly():
    times = [turn(RUSH, early(p), NINE).at for p in range(10_000)]
    assert min(times) >= NINE
    minutes = Counter(int((at - NINE).total_seconds() // 60) for at in times)
    assert set(minutes) == set(range(17))
    assert all(500 < minutes[m] < 700 for m in range(16))


def test_before_the_opening_nobody_learns_the_draw():
    assert turn(RUSH, early(5), NINE - timedelta(minutes=1)) == Turn(NINE, 0)


def test_a_turn_once_told_does_not_move_while_the_place_before_it_shrinks():
    told = [turn(RUSH, early(5), NINE + timedelta(seconds=s)) for s in range(0, 60, 10)]
    assert len({t.at for t in told}) == 1
    assert [t.before for t in told] == sorted((t.before for t in told), reverse=True)


def test_who_comes_late_has_the_turn_they_were_given_but_not_before_their_wave():
    given = (NINE + timedelta(minutes=20)).timestamp()
    assert turn(RUSH, WaitingTicket(1, 5, 7, given), NINE).at == NINE + timedelta(minutes=20)
    waves = replace(RUSH, wave_minutes=10, first_digit=6)
    late = {d: turn(waves, WaitingTicket(1, 5, d, given), NINE).at - NINE for d in (6, 7, 9, 5)}
    assert all(late[d] > timedelta(minutes=m) for d, m in ((6, 0), (7, 10), (9, 30), (5, 90)))


@given(st.integers(1, 30), st.integers(100, 5000), st.integers(0, 9), st.integers(0, 5000))
def test_nobody_gains_by_coming_late(wave_minutes, per_minute, digit, nth):
    """A late one of a wave follows everyone of it who was drawn, and late ones keep their pace."""
    waves = replace(RUSH, wave_minutes=wave_minutes, per_minute=per_minute)
    first = NINE + timedelta(minutes=RUSH.early / per_minute)
    given = [first + timedelta(minutes=n / per_minute) for n in (nth, nth + 1)]
    late = [turn(waves, WaitingTicket(1, 5, digit, at.timestamp()), NINE).at for at in given]
    assert max(turn(waves, early(p, digit), NINE).at for p in range(200)) <= late[0]
    assert late[0] < late[1]


@given(st.integers(1, 30), st.integers(100, 5000), st.integers(0, 9))
def test_waves_never_let_in_more_than_so_many_a_minute(wave_minutes, per_minute, digit):
    waves = replace(RUSH, wave_minutes=wave_minutes, first_digit=digit, per_minute=per_minute)
    times = sorted(turn(waves, early(p, p % 10), NINE).at for p in range(0, 10_000, 3))
    allowed = per_minute / 3  # of one in three of the crowd
    for n, at in enumerate(times):
        in_a_minute = bisect.bisect_left(times, at + timedelta(minutes=1)) - n
        assert in_a_minute <= allowed + 7 * allowed**0.5 + 7


def test_a_booking_needs_a_ticket_of_its_own_whose_turn_has_come():
    def check(ticket, at=NINE + timedelta(minutes=17)):
        check_turn(RUSH, ticket, person=5, now=at)

    check(early(5))
    assert not RUSH.holds(NINE - timedelta(seconds=1)) and not RUSH.holds(RUSH.closes_at)
    mine = turn(RUSH, early(5), NINE).at
    check(early(5), mine)
    for wrong, at in (
        (None, mine),
        (early(6), RUSH.closes_at - timedelta(seconds=1)),
        (WaitingTicket(2, 5, 7, None), mine),
        (early(5), mine - timedelta(seconds=1)),
    ):
        with pytest.raises(Refusal) as refusal:
            check(wrong, at)
        assert refusal.value.reason is Refused.NOT_YOUR_TURN


def test_a_ticket_is_not_to_be_made_or_changed_without_the_key():
    text = sign_ticket(early(5), b"k")
    assert read_ticket(text, b"k") == early(5)
    assert read_ticket(text, b"other") is None
    assert read_ticket(text[:-4] + "AAAA", b"k") is None
    assert read_ticket("", b"k") is None and read_ticket("é!", b"k") is None


def test_looks_are_spread_and_come_in_time_for_the_turn():
    comes = turn(RUSH, early(5), NINE)
    assert pause(RUSH, comes, early(5), comes.at - timedelta(seconds=4)) <= 4 + 2
    far = {pause(RUSH, comes, early(p), NINE - timedelta(minutes=30)) for p in range(100)}
    assert len(far) == 10 and max(far) < 31
