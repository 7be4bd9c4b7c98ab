"""Two records are one person: everything goes to the one that is kept, and can go back.

First the record is marked, so that no booking is made for it any more; then what was under way
is waited for; then doses, bookings and the rest go over. Each step is a transaction of its own
and may be repeated: a merge left half done is completed by the next `settle`.
"""

import logging
from collections.abc import Callable, Collection
from datetime import datetime

from django.db import DatabaseError, transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.booking import bookings as booking_bookings
from balmis.contexts.booking import merge as bookings
from balmis.contexts.campaigns import enrolment
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import services as clinic
from balmis.contexts.clinic import visits
from balmis.contexts.journal import audit, locks
from balmis.contexts.people import identities, merges
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Merge, Person
from balmis.contexts.safety import held_doses
from balmis.contexts.units import services as units
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, Conflict, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.people import DetailKind
from balmis.flows.booking.passes import pass_for
from balmis.flows.campaigns.enrol import count_again
from balmis.flows.clinic.doses_of_day import settle_day
from balmis.flows.retry import retried

log = logging.getLogger("balmis.flows")
# that may be taken from the record that goes
FACTS = ("name", "romanised_name", "born", "sex", *(kind.value for kind in DetailKind))
MERGING = Actor.system("merge")


def both_records(kept_id: int, merged_id: int, actor: Actor) -> tuple[Person, Person]:
    if kept_id == merged_id:
        raise BadInput(gettext_noop("These are not two records but one."))
    kept, merged = people.person_of(kept_id), people.person_of(merged_id)
    for person in (kept, merged):
        check_may(actor, Act.BOOK_FOR_OTHERS, area=person.area)
        if person.merged_into_id is not None:
            raise BadInput(f"The record {person.external_id} is merged already.")
    if kept.register.synthetic != merged.register.synthetic:
        raise BadInput(
            gettext_noop("A synthetic resident is no real person: these records cannot be one.")
        )
    return kept, merged


def merge_people(
    kept_id: int,
    merged_id: int,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    taking: Collection[str] = (),
) -> Merge:
    """One person from now on, under the record kept. `taking` names what is right in the other one, of
    FACTS.

    Raises NotAllowed, BadInput without a reason or when one of them is merged already.
    """
    if not reason.strip():
        raise BadInput(gettext_noop("Say why these are one person."))
    with transaction.atomic(durable=True):
        for person_id in sorted((kept_id, merged_id)):
            people.lock(person_id)
        kept, merged = both_records(kept_id, merged_id, actor)
        if merges.merges_of(merged.pk):
            raise BadInput(f"Other records are merged into {merged.external_id}: keep that one.")
        merge = merges.note_merge(
            kept, merged, reason=reason.strip()[:500], actor=actor.name, now=now
        )
        _take_facts(merge, taking, actor=actor, now=now)
        for campaign in campaigns.campaigns():
            enrolment.leave_one(campaign, merged.pk)
        audit.record(
            "people.merged",
            f"person:{kept.pk}",
            actor=actor,
            now=now,
            merged=merged.pk,
            reason=merge.reason,
            taken=sorted(taking),
        )
        marked = bookings.mark()
    settle(merge.pk, now=now, complete=bookings.takers_done(marked))
    return merge


def _take_facts(merge: Merge, taking: Collection[str], *, actor: Actor, now: datetime) -> None:
    """What is right in the record that goes stands in the kept one; what was is kept to go back."""
    chosen = [name for name in FACTS if name in taking]
    if chosen:
        identities.acting(actor, f"merge: {merge.reason}", now=now)
        merges.take_facts(merge, chosen)


@retried
@transaction.atomic(durable=True)
def settle(merge_id: int, *, now: datetime, complete: bool) -> None:
    """Bring over what still stands under the merged record; may be repeated, and is, until it is
    `complete`: nothing that was under way at the merge can come after it."""
    every = campaigns.campaigns()
    locks.write_facts(locks.STOCK, *(c.pk for c in every))
    merge = _held(merge_id)
    if merge is None:
        return  # it was undone
    moved: dict[str, list[int]] = bookings.bring_over(merge.kept_id, merge.merged_id, now=now)
    moved["doses"] = clinic.bring_over(merge.kept_id, merge.merged_id)
    moved |= merges.merge_into_one(merge.kept, merge.merged)
    moved |= units.bring_over(merge.kept_id, merge.merged_id, on=now.date())
    merges.note_moved(merge, moved, settled_at=now if complete else None)
    _settle_doses(every, merge.kept_id, now)
    held_doses.judge_people([merge.kept_id], now=now)
    for campaign in every:
        enrolment.enrol_people(campaign, campaigns.latest_plan(campaign.pk), [merge.kept_id])
        _end_what_was_given(campaign, merge.kept_id, now)
    count_again([merge.kept_id], now=now)


def _held(merge_id: int) -> Merge | None:
    """The merge as it stands, with both its people locked."""
    merge = merges.merge_of(merge_id)
    if merge is None:
        return None
    for person_id in sorted((merge.kept_id, merge.merged_id)):
        people.lock(person_id)
    return merges.merge_of(merge_id)


def _settle_doses(every: list[Campaign], person_id: int, now: datetime) -> None:
    """Desks' records of doses under both records are one person's now, or no longer."""
    person = people.person_of(person_id)
    for campaign in every:
        for on in visits.dose_days(person_id, campaign.pk):
            settle_day(campaign, person, on, actor=MERGING, now=now)


def _end_what_was_given(campaign: Campaign, person_id: int, now: datetime) -> None:
    """Doses given under one record need no booking under the other."""
    if not booking_bookings.live_bookings(person_id, campaign.pk):
        return
    try:
        held = pass_for(campaign, people.person_of(person_id), now=now)
    except Refusal:  # nothing is due now: what is booked for later stays
        return
    bookings.end_before(person_id, campaign.pk, held.number, now=now)


def settle_all(*, clock: Callable[[], datetime]) -> int:
    """Complete the merges that were left half done; how many. One that fails does not stop others."""
    done = 0
    for merge_id in merges.unsettled():
        with transaction.atomic(durable=True):
            marked = bookings.mark()
        try:
            settle(merge_id, now=clock(), complete=bookings.takers_done(marked))
            done += 1
        except DatabaseError:
            log.exception("a merge could not be completed", extra={"job": merge_id})
    return done


def undo_merge(merge_id: int, *, actor: Actor, now: datetime) -> None:
    """Two people after all: what went over and still stands goes back.

    A booking that was ended as found twice stays ended. Raises NotAllowed, Conflict.
    """
    with transaction.atomic(durable=True):
        every = campaigns.campaigns()
        locks.write_facts(locks.STOCK, *(c.pk for c in every))
        merge = _held(merge_id)
        if merge is None:
            raise Conflict(gettext_noop("This merge is undone already."))
        for person in (merge.kept, merge.merged):
            check_may(actor, Act.BOOK_FOR_OTHERS, area=person.area)
        merges.note_undone(merge, actor=actor.name, now=now)
        pair = {"kept": merge.kept_id, "merged": merge.merged_id}
        bookings.give_back(merge.moved.get("bookings", []), merge.moved.get("standbys", []), **pair)
        clinic.give_back(merge.moved.get("doses", []), **pair)
        units.give_back(merge.moved.get("memberships", []), merge.moved.get("left", []), **pair)
        identities.acting(actor, "a merge was undone", now=now)
        merges.give_back(merge)
        for person_id in (merge.kept_id, merge.merged_id):
            _settle_doses(every, person_id, now)
        held_doses.judge_people((merge.kept_id, merge.merged_id), now=now)
        for campaign in every:
            plan = campaigns.latest_plan(campaign.pk)
            enrolment.enrol_one(campaign, plan, merge.merged_id)
            enrolment.enrol_people(campaign, plan, [merge.kept_id])
        count_again((merge.kept_id, merge.merged_id), now=now)
        audit.record(
            "people.unmerged",
            f"person:{merge.kept_id}",
            actor=actor,
            now=now,
            merged=merge.merged_id,
        )
