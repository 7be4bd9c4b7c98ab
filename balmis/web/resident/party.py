"""Those for whom a visit books now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.utils.translation import gettext

from balmis.contexts.booking import bookings
from balmis.contexts.people import queries as people
from balmis.core.booking.passes import Pass
from balmis.core.errors import Refusal
from balmis.core.vocabulary.booking import BookingStatus
from balmis.core.vocabulary.reasons import Refused
from balmis.web.labels.refusals import in_language
from balmis.web.resident import browser_session

if TYPE_CHECKING:
    from balmis.contexts.booking.models import Booking


@dataclass(frozen=True, slots=True)
class Party:
    """Those for whom is booked now, and those who cannot be booked along, with the reason."""

    passes: list[Pass]
    alone: list[tuple[str, str]]


def party_of(request: HttpRequest, slug: str, moving: Booking | None) -> Party:
    """Everyone who is there and has no booking for their dose; with `moving` its person alone.

    Raises Refusal when there is nobody for whom can be booked.
    """
    if moving is not None:
        return Party([browser_session.pass_of(request, slug, moving.person_id)], [])
    passes: list[Pass] = []
    alone: list[tuple[str, str]] = []
    refusals = []
    for person in browser_session.party(request, slug):
        try:
            held = browser_session.pass_of(request, slug, person)
        except Refusal as refusal:
            refusals.append(refusal)
            alone.append((people.person_of(person).name, in_language(refusal)))
            continue
        live = bookings.live_bookings(person, held.campaign)
        if any(b.number == held.number and b.status == BookingStatus.CONFIRMED for b in live):
            alone.append((held.name, gettext("has an appointment already.")))
        else:
            passes.append(held)
    if alone and not passes:
        raise refusals[0] if refusals else Refusal(Refused.ALREADY_BOOKED)
    return Party(passes, alone)
