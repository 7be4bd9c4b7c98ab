"""Take, confirm, end and move places through the database's own functions.

The gate calls the same functions; no other statement writes a pool's `taken`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from balmis.contexts.booking.models import Pool, Session, Slot
from balmis.contexts.booking.sessions import lock_pools
from balmis.core.booking.take_codes import REFUSALS, Answer
from balmis.core.booking.take_protocol import (
    ALONE,
    CONFIRM,
    TOGETHER,
    Answered,
    Wish,
    answers_of,
    columns_of,
)
from balmis.core.errors import Refusal
from balmis.core.vocabulary.booking import (
    BookingStatus,
    Channel,
    EndReason,
    PoolKind,
)
from balmis.core.vocabulary.reasons import Refused


def take(wishes: Sequence[Wish], *, channel: Channel, now: datetime) -> list[Answered]:
    """Each wish on its own: what was free is taken."""
    return _take(ALONE, wishes, channel, now)


def take_together(wishes: Sequence[Wish], *, channel: Channel, now: datetime) -> list[Answered]:
    """All wishes or none."""
    return _take(TOGETHER, wishes, channel, now)


def _take(
    statement: str, wishes: Sequence[Wish], channel: Channel, now: datetime
) -> list[Answered]:
    for _ in range(3):  # a lost race is seen at the second look
        with connection.cursor() as cursor:
            cursor.execute(statement, [now, channel.value, *columns_of(wishes)])
            found = answers_of(cursor.fetchall())
        if not any(a.answer is Answer.AGAIN for a in found):
            break
    return found


def check_taken(answered: Sequence[Answered], **facts: Any) -> None:
    """Raises the Refusal of the first answer that is none of a taken place."""
    for one in sorted(answered, key=lambda a: a.answer is Answer.OTHER_OF_PARTY):
        if one.ok:
            continue
        if one.answer <= Answer.AS_BEFORE:  # its hold ran out, or it ended, since
            raise Refusal(Refused.HOLD_OVER)
        raise Refusal(REFUSALS[one.answer], **facts)


def confirm(requests: Sequence[tuple[UUID, int]], *, now: datetime) -> list[Answered]:
    """Confirm held places of (request, person)."""
    with connection.cursor() as cursor:
        values: list[Any] = [now, [r for r, _ in requests], [p for _, p in requests]]
        cursor.execute(CONFIRM, values)
        found = answers_of(cursor.fetchall())
    return [
        one._replace(code=Answer.OVER) if one.answer is Answer.SOLD_OUT else one for one in found
    ]


def end(
    bookings: Sequence[int], status: BookingStatus, why: EndReason | None, *, now: datetime
) -> list[int]:
    """End live bookings and free their places; returns those that were live."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT booking FROM booking_end(%s, %s::bigint[], %s, %s)",
            [now, list(bookings), status.value, why.value if why else ""],
        )
        return [row[0] for row in cursor.fetchall()]


def keep(bookings: Sequence[int], *, now: datetime) -> None:
    """The people came and had their dose: the bookings end, their places stay used."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT booking_keep(%s, %s::bigint[])", [now, list(bookings)])


def unkeep(bookings: Sequence[int]) -> None:
    """The dose was not given after all: the bookings are open again, unless the people have others
    by now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT booking_unkeep(%s::bigint[])", [list(bookings)])


def move(
    booking: int,
    *,
    request_id: UUID,
    pool: int,
    product: str,
    channel: Channel,
    why: EndReason,
    now: datetime,
) -> Answered:
    """Another place instead; if it is not to be had, the old one stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, booking, state, until, pool FROM booking_move(%s, %s, %s, %s, %s, %s, %s)",
            [now, channel.value, booking, request_id, pool, product, why.value],
        )
        code, *rest = cursor.fetchone()
        return Answered(code, *rest)


def sweep(*, now: datetime, most: int = 1000) -> int:
    """Free the places whose hold ran out; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT booking_sweep(%s, %s)", [now, most])
        return int(cursor.fetchone()[0])


def join_rush(rush_id: int, person_id: int, *, now: datetime) -> tuple[datetime | None] | None:
    """Into a waiting room, or in it as before: the turn given to one who came late, else None in
    the tuple. None: its doors are shut."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ticket, turn_at FROM booking_join(%s, %s::bigint[], %s::bigint[])",
            [now, [rush_id], [person_id]],
        )
        key, turn_at = cursor.fetchone()
    return (turn_at,) if key else None


def add_leftover(
    session: Session, at: datetime, product: str, people: int, *, now: datetime
) -> int:
    """Places for doses left in an open vial, beside those that were planned, at this time of the
    session, which is held: their pool."""
    slot, _ = Slot.objects.get_or_create(session=session, starts_at=at, defaults={"capacity": 0})
    Slot.objects.filter(pk=slot.pk).update(capacity=F("capacity") + people)
    pool, _ = Pool.objects.get_or_create(
        slot=slot,
        kind=PoolKind.LEFTOVER.value,
        unit=product,
        defaults={"capacity": 0, "opens_at": now},
    )
    Pool.objects.filter(pk=pool.pk).update(capacity=F("capacity") + people, opens_at=now)
    return pool.pk


def drop_free(pool_id: int, people: int) -> None:
    """Take these places back: nobody was there to have them."""
    if people:
        Pool.objects.filter(pk=pool_id).update(capacity=F("capacity") - people)
        Slot.objects.filter(pools=pool_id).update(capacity=F("capacity") - people)


def move_places(session: Session, unit: str, places: int) -> int:
    """From the open places of the session's slots to a unit's, the earliest first; how many."""
    lock_pools(session)
    left = places
    open_pools = Pool.objects.filter(slot__session=session, kind=PoolKind.OPEN.value)
    for pool in open_pools.order_by("slot__starts_at"):
        moved = min(left, pool.capacity - pool.taken)
        if moved <= 0:
            continue
        Pool.objects.filter(pk=pool.pk).update(capacity=pool.capacity - moved)
        block, _ = Pool.objects.get_or_create(
            slot_id=pool.slot_id,
            kind=PoolKind.UNIT.value,
            unit=unit,
            defaults={"capacity": 0, "opens_at": pool.opens_at},
        )
        Pool.objects.filter(pk=block.pk).update(capacity=F("capacity") + moved)
        left -= moved
    return places - left


def release_places(session: Session, unit: str | None) -> int:
    """Unused places of a unit, or of all units, are open again; how many."""
    lock_pools(session)
    blocks = Pool.objects.filter(slot__session=session, kind=PoolKind.UNIT.value)
    freed = 0
    for block in blocks.filter(unit=unit) if unit else blocks:
        unused = block.capacity - block.taken
        Pool.objects.filter(pk=block.pk).update(capacity=block.taken)
        Pool.objects.filter(slot_id=block.slot_id, kind=PoolKind.OPEN.value).update(
            capacity=F("capacity") + unused
        )
        freed += unused
    return freed
