"""Two records are one person: everything goes to the one that is kept, and can go back.

First the record is marked, so that no booking is made for it any more; then what was under way
is waited for; then doses, bookings and the rest go over. Each step is a transaction of its own
and may be repeated: a merge left half done is completed by the next `settle`.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.booking import merging as bookings
from balmis.contexts.booking import queries as booking
from balmis.contexts.booking.models import Booking
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns import services as enrolment
from balmis.contexts.clinic import queries as doses
from balmis.contexts.clinic import services as clinic
from balmis.contexts.ledger import services as ledger
from balmis.contexts.ledger.services import Actor
from balmis.contexts.people import identity
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Merge, Person
from balmis.contexts.units import services as units
from balmis.core.errors import BadInput, Conflict
from balmis.core.people.matching import compare
from balmis.core.roles import Act
from balmis.core.vocabulary import Likeness
from balmis.flows.enrolling import count_again
from balmis.flows.retrying import retried


@dataclass(frozen=True, slots=True)
class Preview:
    """Both records, and what merging them would do."""

    kept: Person
    merged: Person
    likeness: Likeness
    doses: tuple[int, int]  # of the kept record, of the other
    ends: list[Booking]  # second bookings of one dose


def preview(kept_id: int, merged_id: int, *, actor: Actor, now: datetime) -> Preview:
    """Raises NotAllowed, BadInput, Refusal(NOT_KNOWN). Both looks are logged."""
    with transaction.atomic(durable=True):
        kept, merged = _both(kept_id, merged_id, actor)
        for person in (kept, merged):
            ledger.audit("person.read", f"person:{person.pk}", actor=actor, now=now, page="merge")
        return Preview(
            kept, merged, compare(identity.identity_of(kept), identity.identity_of(merged)),
            (len(doses.live_doses(kept.pk)), len(doses.live_doses(merged.pk))),
            _twins(kept.pk, merged.pk),
        )  # fmt: skip


def _both(kept_id: int, merged_id: int, actor: Actor) -> tuple[Person, Person]:
    if kept_id == merged_id:
        raise BadInput("These are not two records but one.")
    kept, merged = people.person_of(kept_id), people.person_of(merged_id)
    for person in (kept, merged):
        check_may(actor, Act.BOOK_FOR_OTHERS, area=person.area)
        if person.merged_into_id is not None:
            raise BadInput(f"The record {person.external_id} is merged already.")
    if kept.register.synthetic != merged.register.synthetic:
        raise BadInput("A synthetic resident is no real person: these records cannot be one.")
    return kept, merged


def _twins(kept: int, merged: int) -> list[Booking]:
    found = []
    for campaign in campaigns.campaigns():
        mine = {b.number: b for b in booking.live_bookings(kept, campaign.pk)}
        for other in booking.live_bookings(merged, campaign.pk):
            if twin := mine.get(other.number):
                found.append(twin if bookings.better(other, twin) is other else other)
    return found


def merge_people(
    kept_id: int, merged_id: int, *, reason: str, actor: Actor, now: datetime
) -> Merge:
    """One person from now on, under the record kept.

    Raises NotAllowed, BadInput without a reason or when one of them is merged already.
    """
    if not reason.strip():
        raise BadInput("Say why these are one person.")
    with transaction.atomic(durable=True):
        for person_id in sorted((kept_id, merged_id)):
            people.hold(person_id)
        kept, merged = _both(kept_id, merged_id, actor)
        if identity.merges_of(merged.pk):
            raise BadInput(f"Other records are merged into {merged.external_id}: keep that one.")
        merge = identity.note_merge(
            kept, merged, reason=reason.strip()[:500], actor=actor.name, now=now
        )
        for campaign in campaigns.campaigns():
            enrolment.leave_one(campaign, merged.pk)
        ledger.audit("people.merged", f"person:{kept.pk}", actor=actor, now=now, merged=merged.pk,
                     reason=merge.reason)  # fmt: skip
    settle(merge, now=now)
    return merge


@retried
def settle(merge: Merge, *, now: datetime) -> None:
    """Bring over what still stands under the merged record; may be repeated."""
    with transaction.atomic(durable=True):
        bookings.wait_for_takers()
    with transaction.atomic(durable=True):
        for person_id in sorted((merge.kept_id, merge.merged_id)):
            people.hold(person_id)
        moved = bookings.bring_over(merge.kept_id, merge.merged_id, now=now)
        moved["doses"] = clinic.bring_over(merge.kept_id, merge.merged_id)
        moved["memberships"] = units.bring_over(merge.kept_id, merge.merged_id)
        moved |= identity.merge_into_one(merge.kept, merge.merged)
        identity.note_moved(merge, moved)
        count_again((merge.kept_id,), now=now)


def settle_all(*, now: datetime) -> int:
    """Complete the merges that a failure left half done; how many."""
    left = [m for m in identity.standing_merges() if bookings.has_live(m.merged_id)
            or doses.live_doses(m.merged_id)]  # fmt: skip
    for merge in left:
        settle(merge, now=now)
    return len(left)


def undo_merge(merge_id: int, *, actor: Actor, now: datetime) -> None:
    """Two people after all: what went over and still stands goes back.

    A booking that was ended as found twice stays ended. Raises NotAllowed, Conflict.
    """
    with transaction.atomic(durable=True):
        merge = identity.merge_of(merge_id)
        if merge is None:
            raise Conflict("This merge is undone already.")
        for person in (merge.kept, merge.merged):
            check_may(actor, Act.BOOK_FOR_OTHERS, area=person.area)
        for person_id in sorted((merge.kept_id, merge.merged_id)):
            people.hold(person_id)
        merge = identity.merge_of(merge_id)
        if merge is None:
            raise Conflict("This merge is undone already.")
        identity.note_undone(merge, actor=actor.name, now=now)
        pair = {"kept": merge.kept_id, "merged": merge.merged_id}
        bookings.give_back(merge.moved.get("bookings", []), merge.moved.get("standbys", []), **pair)
        clinic.give_back(merge.moved.get("doses", []), **pair)
        units.give_back(merge.moved.get("memberships", []), **pair)
        identity.give_back(merge)
        for campaign in campaigns.campaigns():
            enrolment.enrol_one(campaign, campaigns.latest_plan(campaign.pk), merge.merged_id)
        count_again((merge.kept_id, merge.merged_id), now=now)
        ledger.audit("people.unmerged", f"person:{merge.kept_id}", actor=actor, now=now,
                     merged=merge.merged_id)  # fmt: skip
