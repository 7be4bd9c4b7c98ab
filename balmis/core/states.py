"""Which state may follow which. Guarded updates, the diagrams and the tests all read this."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from balmis.core.errors import Conflict
from balmis.core.vocabulary.booking import BookingStatus, SessionStatus, StandbyStatus
from balmis.core.vocabulary.notices import NoticeStatus
from balmis.core.vocabulary.people import ListedStatus, RegistrationStatus
from balmis.core.vocabulary.planning import StudyState
from balmis.core.vocabulary.safety import (
    AppealStatus,
    CaseStatus,
    ContactStatus,
    HoldStatus,
    IncidentStatus,
    SignalStatus,
)

S = TypeVar("S", bound=StrEnum)
Moves = Mapping[S, frozenset[S]]


def _moves(**lines: str) -> dict[str, frozenset[str]]:
    return {name: frozenset(ends.split()) for name, ends in lines.items()}


def _of(kind: type[S], **lines: str) -> dict[S, frozenset[S]]:
    found = _moves(**lines)
    return {s: frozenset(kind(e) for e in found.get(s.value, ())) for s in kind}


SESSION: Moves[SessionStatus] = _of(
    SessionStatus,
    draft="published cancelled",
    published="cancelled",
)
BOOKING: Moves[BookingStatus] = _of(
    BookingStatus,
    held="confirmed expired cancelled moved",
    confirmed="cancelled moved kept missed fulfilled",
    kept="confirmed",  # the dose was not given after all
    missed="kept",  # and came after all
)
STANDBY: Moves[StandbyStatus] = _of(
    StandbyStatus,
    waiting="offered left over",
    offered="taken declined lapsed left",
)
REGISTRATION: Moves[RegistrationStatus] = _of(
    RegistrationStatus,
    stated="review near known new",
    review="known new",
    near="known new",
)
LISTED_CHANGE: Moves[ListedStatus] = _of(
    ListedStatus,
    waiting="made rejected undone",
    made="undone",
)
NOTICE: Moves[NoticeStatus] = _of(
    NoticeStatus,
    waiting="sent failed",
    failed="waiting",
)
STUDY: Moves[StudyState] = _of(
    StudyState,
    waiting="running done failed cancelled",
    running="done failed cancelled",
)
CASE: Moves[CaseStatus] = _of(
    CaseStatus,
    received="valid merged nullified",
    valid="triaged merged nullified",
    triaged="investigating awaiting closed merged nullified",
    investigating="awaiting merged nullified",
    awaiting="classified investigating merged nullified",
    classified="closed investigating merged",
    closed="investigating merged",  # reopened: news came
    merged="received valid triaged investigating awaiting classified closed",  # the merge is undone
    nullified="received",
)
INCIDENT: Moves[IncidentStatus] = _of(
    IncidentStatus,
    raised="dispatched stood_down closed",
    dispatched="acknowledged en_route on_site declined dispatched stood_down",
    acknowledged="en_route on_site declined dispatched stood_down",
    en_route="on_site dispatched stood_down",
    on_site="under_control handed_over",
    under_control="handed_over closed on_site",
    handed_over="closed",
    declined="dispatched stood_down",
)
SIGNAL: Moves[SignalStatus] = _of(
    SignalStatus,
    raised="validated refuted",
    validated="assessed refuted",
    assessed="acted refuted",
    refuted="raised",  # it came back
)
HOLD: Moves[HoldStatus] = _of(
    HoldStatus,
    proposed="active dropped",
    active="reviewed lifted recalled expired",
    reviewed="reviewed lifted recalled expired",
)
APPEAL: Moves[AppealStatus] = _of(
    AppealStatus,
    open="kept lifted recalled",
)
CONTACT: Moves[ContactStatus] = _of(
    ContactStatus,
    scheduled="sent bounced completed expired",
    sent="opened completed expired bounced",
    opened="completed expired",
    bounced="completed expired",
    expired="completed",  # late is better than never
)
ALL: dict[str, tuple[Mapping[Any, frozenset[Any]], tuple[StrEnum, ...]]] = {
    "session": (SESSION, (SessionStatus.DRAFT,)),
    "booking": (BOOKING, (BookingStatus.HELD, BookingStatus.CONFIRMED)),
    "standby": (STANDBY, (StandbyStatus.WAITING,)),
    "registration": (REGISTRATION, (RegistrationStatus.STATED,)),
    "listed change": (LISTED_CHANGE, (ListedStatus.MADE, ListedStatus.WAITING)),
    "notice": (NOTICE, (NoticeStatus.WAITING, NoticeStatus.HELD_BACK)),
    "study": (STUDY, (StudyState.WAITING,)),
    "case": (CASE, (CaseStatus.RECEIVED,)),
    "incident": (INCIDENT, (IncidentStatus.RAISED,)),
    "signal": (SIGNAL, (SignalStatus.RAISED,)),
    "hold": (HOLD, (HoldStatus.PROPOSED,)),
    "appeal": (APPEAL, (AppealStatus.OPEN,)),
    "contact": (CONTACT, (ContactStatus.SCHEDULED,)),
}  # each with the states it begins in


def check_move(moves: Moves[S], before: S, after: S) -> None:
    """Raises Conflict when the one cannot follow the other."""
    if after not in moves[before]:
        raise Conflict(f"{before.value} cannot become {after.value}")


def reachable(moves: Moves[S], begins: Iterable[S]) -> set[S]:
    """Every state that can come, from the first ones on."""
    left = list(begins)
    found = set(left)
    while left:
        for after in moves[left.pop()] - found:
            found.add(after)
            left.append(after)
    return found


def diagram(moves: Mapping[StrEnum, frozenset[StrEnum]], begins: Iterable[StrEnum]) -> str:
    """As Mermaid draws it."""
    lines = ["stateDiagram-v2", *(f"  [*] --> {b.value}" for b in begins)]
    for before, after in moves.items():
        lines += [f"  {before.value} --> {a.value}" for a in sorted(after)]
        if not after:
            lines.append(f"  {before.value} --> [*]")
    return "\n".join(lines)
