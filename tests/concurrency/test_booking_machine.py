"""Everything that may happen to places, in any order, against a simple model.

The model is a dictionary: who has which place, held or confirmed. Hypothesis looks for an order
of holds, confirmations, time passing, cancellations, moves, cuts of a session, blocks of a unit
and standby offers after which the database and the dictionary disagree.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from balmis.contexts.booking import places as booking_places
from balmis.contexts.booking import sessions as booking_sessions
from balmis.contexts.booking.drift import drift
from balmis.contexts.booking.models import Booking, Pool, Session, Slot, Standby
from balmis.contexts.campaigns import queries as campaigns
from balmis.core.booking.take_codes import Answer
from balmis.core.vocabulary.booking import BookingStatus, Channel, EndReason
from balmis.flows.booking import standby
from balmis.flows.booking.passes import pass_for
from balmis.flows.booking.sessions import ChangeSession, change_session, plan_of, preview_change
from balmis.flows.units import blocks, rosters
from tests import make
from tests.budgets import examples
from tests.flows.test_sessions import crowd

HOLD = timedelta(minutes=10)
LIVE = [BookingStatus.HELD.value, BookingStatus.CONFIRMED.value]
who, where = st.integers(0, 7), st.integers(0, 2)
requests = count()


@dataclass
class Has:
    """A person's place in the model."""

    booking: int
    pool: int
    held_until: datetime | None  # None: confirmed
    since: tuple[datetime, int]  # when it was made or confirmed, and in which order


class Bookings(RuleBasedStateMachine):
    people: ClassVar[list] = []

    def __init__(self):
        super().__init__()
        self.now = make.NOON
        self.day = make.session(ends_at=make.OPENS + timedelta(minutes=30), slot_minutes=15)
        later = make.OPENS + timedelta(days=1)
        self.next_day = make.session(
            on=later.date(), starts_at=later, slot_minutes=15, ends_at=later + timedelta(minutes=15)
        )
        self.campaign = campaigns.campaign(make.SLUG)
        self.has: dict[int, Has] = {}
        self.queue: list[int] = []

    def teardown(self):
        live = Booking.objects.filter(status__in=LIVE).values_list("pk", flat=True)
        booking_places.end(list(live), BookingStatus.CANCELLED, EndReason.BY_STAFF, now=self.now)
        Standby.objects.filter(status="waiting").update(status="over")
        Standby.objects.filter(status="offered").update(status="lapsed")
        Slot.objects.filter(session__status="published").update(capacity=10**6)
        Session.objects.filter(status="published").update(status="cancelled")

    # ---- the model's parts -------------------------------------------------------------------

    @property
    def open_pools(self):
        sessions = [self.day.pk, self.next_day.pk]
        found = Pool.objects.filter(slot__session__in=sessions, kind="open")
        return list(found.order_by("slot__starts_at"))

    def in_pool(self, pool):
        return [p for p, h in self.has.items() if h.pool == pool]

    def let_go_if_full(self, pool):
        """Places whose hold ran out are free again when somebody asks for a full pool."""
        if len(self.in_pool(pool.pk)) >= pool.capacity:
            self.let_go(pool.pk)

    def let_go(self, pool):
        for person in self.in_pool(pool):
            until = self.has[person].held_until
            if until is not None and until <= self.now:
                del self.has[person]

    def person(self, n):
        return self.people[n].pk

    # ---- what may happen ---------------------------------------------------------------------

    @rule(n=who, at=where, hold=st.booleans())
    def take(self, n, at, hold):
        person, pool = self.person(n), self.open_pools[at]
        until = self.now + HOLD if hold else None
        wish = booking_places.Wish(
            request_id=make.request(f"machine {next(requests)}"),
            pool=pool.pk,
            person=person,
            campaign=self.campaign.pk,
            number=1,
            hold_until=until,
        )
        (answered,) = booking_places.take([wish], channel=Channel.RESIDENT, now=self.now)
        self.let_go_if_full(pool)
        if person in self.has:
            assert answered.answer is Answer.ALREADY_BOOKED
        elif len(self.in_pool(pool.pk)) >= pool.capacity:
            assert answered.answer is Answer.SOLD_OUT
        else:
            assert answered.answer is Answer.TAKEN
            self.has[person] = Has(answered.booking, pool.pk, until, (self.now, answered.booking))

    @rule(n=who)
    def confirm(self, n):
        person = self.person(n)
        has = self.has.get(person)
        if has is None or has.held_until is None:
            return
        request = Booking.objects.get(pk=has.booking).request_id
        (answered,) = booking_places.confirm([(request, person)], now=self.now)
        if has.held_until > self.now:
            assert answered.answer is Answer.TAKEN
            has.held_until, has.since = None, (self.now, has.booking)
        else:
            assert answered.answer is Answer.OVER

    @rule(n=who)
    def cancel(self, n):
        has = self.has.pop(self.person(n), None)
        if has is not None:
            ended = booking_places.end(
                [has.booking], BookingStatus.CANCELLED, EndReason.BY_PERSON, now=self.now
            )
            assert ended == [has.booking]
            again = booking_places.end(
                [has.booking], BookingStatus.CANCELLED, EndReason.BY_PERSON, now=self.now
            )
            assert again == []

    @rule(n=who, at=where)
    def move(self, n, at):
        person, pool = self.person(n), self.open_pools[at]
        has = self.has.get(person)
        if has is None:
            return
        answered = booking_places.move(
            has.booking,
            request_id=make.request(f"machine {next(requests)}"),
            pool=pool.pk,
            product="",
            channel=Channel.RESIDENT,
            why=EndReason.BY_PERSON,
            now=self.now,
        )
        if has.held_until is not None and has.held_until <= self.now:
            assert answered.answer is Answer.OVER
            return
        before = dict(self.has)
        del self.has[person]
        self.let_go_if_full(pool)
        if len(self.in_pool(pool.pk)) >= pool.capacity:
            assert answered.answer is Answer.SOLD_OUT
            self.has = before  # the old place stands
        else:
            assert answered.answer is Answer.TAKEN
            self.has[person] = Has(answered.booking, pool.pk, None, (self.now, answered.booking))

    @rule(minutes=st.integers(1, 12))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule()
    def sweep(self):
        due = [p for p, h in self.has.items() if h.held_until and h.held_until <= self.now]
        assert booking_places.sweep(now=self.now) == len(due)
        for person in due:
            del self.has[person]

    @rule(doses=st.integers(1, 6))
    def cut(self, doses):
        """The day gets fewer, or more, doses than it had: the first to confirm stay."""
        session = Session.objects.select_related("site__area", "campaign__area").get(pk=self.day.pk)
        plan = replace(plan_of(session), doses=doses)
        seen = preview_change(self.day.pk, plan, actor=make.SYSTEM, now=self.now)
        people_of = {s.pk: seen_at for s, seen_at in self.sizes(plan)}
        stay, go = self.ranked(people_of)
        assert {a.booking.person_id for a in seen.affected} == go
        done = change_session(
            ChangeSession(
                session_id=self.day.pk,
                plan=plan,
                expected=len(go),
                request_id=make.request(f"machine {next(requests)}"),
            ),
            actor=make.SYSTEM,
            now=self.now,
        )
        assert done.stays == len(stay)
        for person in go:
            confirmed = self.has.pop(person).held_until is None
            now_at = Booking.objects.filter(person=person, status__in=LIVE).first()
            assert now_at is None or confirmed
            if now_at is not None:
                self.has[person] = Has(now_at.pk, now_at.pool_id, None, (self.now, now_at.pk))
            elif confirmed:  # nobody is left without a place while one is free
                assert all(len(self.in_pool(p.pk)) >= p.capacity for p in self.open_pools)
        for slot, people in self.sizes(plan):
            assert slot.capacity == people

    def sizes(self, plan):
        sized = booking_sessions.size_of(plan).people
        slots = Slot.objects.filter(session=self.day).order_by("starts_at")
        return list(zip(slots, sized, strict=True))

    def ranked(self, people_of):
        """Who stays in each slot and who goes: confirmed before held, earlier before later."""
        slot_of = dict(Pool.objects.filter(slot__session=self.day).values_list("pk", "slot_id"))
        stay, go = set(), set()
        for slot, people in people_of.items():
            there = [p for p, h in self.has.items() if slot_of.get(h.pool) == slot]
            there.sort(key=lambda p: (self.has[p].held_until is not None, self.has[p].since))
            stay |= set(there[:people])
            go |= set(there[people:])
        return stay, go

    @rule(places=st.integers(1, 4))
    def block(self, places):
        free = sum(
            p.capacity - len(self.in_pool(p.pk))
            for p in self.open_pools
            if p.slot.session_id == self.day.pk
        )
        held = blocks.hold_block(self.day.pk, "harbour", places, actor=make.SYSTEM, now=self.now)
        assert held == min(places, free)

    @rule()
    def release(self):
        kept = Pool.objects.filter(slot__session=self.day, kind="unit")
        unused = sum(p.capacity - len(self.in_pool(p.pk)) for p in kept)
        freed = blocks.release_block(self.day.pk, "harbour", actor=make.SYSTEM, now=self.now)
        assert freed == unused

    @rule(n=who)
    def book_in_block(self, n):
        person = self.person(n)
        if person in self.has:
            return
        free = [
            p
            for p in Pool.objects.filter(slot__session=self.day, kind="unit").order_by(
                "slot__starts_at", "pk"
            )
            if p.taken < p.capacity
        ]
        if not free:
            return
        done = blocks.book_group(
            blocks.BookGroup(
                campaign=make.SLUG,
                unit="harbour",
                chosen=[person],
                request_id=make.request(f"machine {next(requests)}"),
            ),
            actor=make.SYSTEM,
            now=self.now,
        )
        assert done.booked == 1
        made = Booking.objects.get(person=person, status__in=LIVE)
        assert made.pool_id == free[0].pk
        self.has[person] = Has(made.pk, made.pool_id, None, (self.now, made.pk))

    @rule(n=who)
    def join_standby(self, n):
        person = self.people[n]
        if person.pk in self.has or person.pk in self.queue:
            return
        held = pass_for(self.campaign, person, now=self.now)
        standby.join(
            self.campaign,
            standby.JoinStandby(held=held, person=person, site="hall", on=self.day.on),
            now=self.now,
        )
        self.queue.append(person.pk)

    @precondition(lambda self: self.queue)
    @rule()
    def offer(self):
        """The first of the list get what is free, in the order of the times."""
        self.queue = [p for p in self.queue if p not in self.has]
        free = [
            p.pk
            for p in self.open_pools
            if p.slot.session_id == self.day.pk
            for _ in range(p.capacity - len(self.in_pool(p.pk)))
        ]
        offers = list(zip(self.queue, free, strict=False))
        assert standby.offer_places(now=self.now) == len(offers)
        for person, pool in offers:
            made = Booking.objects.get(person=person, status__in=LIVE)
            assert (made.pool_id, made.status) == (pool, "held")
            self.has[person] = Has(made.pk, pool, made.hold_until, (self.now, made.pk))
        self.queue = self.queue[len(offers) :]

    # ---- what always holds -------------------------------------------------------------------

    @invariant()
    def the_database_says_the_same(self):
        live = Booking.objects.filter(status__in=LIVE)
        found = {
            b.person_id: (b.pk, b.pool_id, b.hold_until if b.status == "held" else None)
            for b in live
        }
        assert found == {p: (h.booking, h.pool, h.held_until) for p, h in self.has.items()}
        counted = Counter(h.pool for h in self.has.values())
        pools = Pool.objects.filter(slot__session__in=[self.day.pk, self.next_day.pk])
        assert {p.pk: p.taken for p in pools if p.taken} == counted
        waiting = Standby.objects.filter(status="waiting").order_by("joined_at", "pk")
        assert [s.person_id for s in waiting if s.person_id not in self.has] == [
            p for p in self.queue if p not in self.has
        ]
        assert drift() == []


@pytest.mark.random
@pytest.mark.invariants
def test_places_behave_like_a_dictionary_whatever_happens(committed):
    make.campaign()
    Bookings.people = crowd(8)
    make.enrol()
    rosters.keep_unit(
        rosters.KeepUnit(
            campaign=make.SLUG,
            code="harbour",
            title="Harbour",
            category="old",
            area="IS-N",
            quota=None,
            coordinator=None,
        ),
        actor=make.SYSTEM,
        now=make.NOON,
    )
    from balmis.contexts.units import services as units

    unit = rosters.queries.unit(campaigns.campaign(make.SLUG).pk, "harbour")
    units.add_members(unit, [(p.pk, "") for p in Bookings.people], on=make.TODAY)
    run_state_machine_as_test(
        Bookings,
        settings=settings(
            max_examples=examples(25),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
