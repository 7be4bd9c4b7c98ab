"""A resident's visit: who is there, with whom, for which campaign, until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4, uuid5

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language, gettext

from balmis.contexts.access.services import keep_session
from balmis.contexts.booking import bookings
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people import queries as people
from balmis.core.booking.passes import Pass, read, sign
from balmis.core.errors import Refusal
from balmis.core.notices import masked
from balmis.core.people.letter_code import read_code
from balmis.flows.booking import resident_sign_in
from balmis.flows.booking.passes import pass_for, pass_key
from balmis.web.shared.acting import DONE, Answer
from balmis.web.shared.client import network_to_count

if TYPE_CHECKING:
    from balmis.contexts.booking.models import Booking
    from balmis.contexts.campaigns.models import Campaign

SESSION, ONWARD = "resident", "onward"
LASTS = 3600  # seconds that a resident stays known
TYPED_KEPT = timedelta(minutes=10)  # what was typed is shown again, and not to the next person
SENT_TWICE = timedelta(minutes=2)  # in which the same code has the same answer
MOST_ALONG = 5  # who may be booked along with the first


def campaign_of(slug: str) -> Campaign:
    try:
        return campaigns.campaign(slug)
    except Refusal:
        raise Http404(gettext("There is no such campaign.")) from None


def page(
    request: HttpRequest,
    slug: str,
    name: str,
    status: int = 200,
    *,
    answer: Answer = DONE,
    **values: object,
) -> HttpResponse:
    """A resident's page; `answer` is what stood against an act."""
    campaign = campaign_of(slug)
    known = {
        "slug": slug,
        "plan": campaigns.latest_plan(campaign.pk),
        "campaign": campaign,
        "answer": answer,
    }
    return render(
        request, f"resident/{name}.html", known | values, status=status if answer else answer.status
    )


def ask_code(
    request: HttpRequest,
    slug: str,
    *,
    number: str,
    born: date,
    address: str,
    **more: object,
) -> None:
    """A code is sent, if it is in order, which only this browser can enter. Raises BadInput, Refusal."""
    claim = resident_sign_in.Claim(
        number=number,
        born=born,
        address=address,
        language=get_language() or "en",
        network=network_to_count(request) or "",
    )
    own = UUID(request.session.setdefault("browser", str(uuid4())))
    browser = uuid5(own, f"{number} {born}")  # a try is one at the codes of one person
    letter = resident_sign_in.send_code(slug, claim, browser=browser, now=datetime.now(UTC))
    by_letter = read_code(number) is not None
    sent_to = {"address": masked(address), "by_letter": by_letter}
    words = {"number": number, "born": [born.day, born.month, born.year], "address": address}
    asked = {"slug": slug, "letter": letter, "browser": str(browser), "typed": kept_typed(words)}
    request.session["claim"] = asked | sent_to | more


def person_with(request: HttpRequest, slug: str, text: str) -> int | None:
    """The person, if the code is theirs."""
    browser = request.session["claim"].get("browser")
    if browser is None:  # asked of a version before
        return None
    return resident_sign_in.check_code(
        slug,
        text,
        browser=UUID(browser),
        letter=request.session["claim"].get("letter"),
        language=get_language() or "en",
        now=datetime.now(UTC),
    )


def begin(request: HttpRequest, slug: str, person: int, *, code: str) -> None:
    """They have shown who they are, by this code. For two minutes the session of before answers the same
    code alike: on a slow line it is sent twice, and the first answer may be lost."""
    before, claim = request.session.session_key, request.session.get("claim") or {}
    is_first = "proved" not in claim  # the answer to the second one is not kept once more
    request.session.cycle_key()
    request.session.pop("claim", None)
    until = datetime.now(UTC).timestamp() + LASTS
    request.session[SESSION] = {"slug": slug, "person": person, "along": [], "until": until}
    if before and claim and is_first:
        answered = {"claim": claim | {"proved": [_digest(code), person]}}
        if ONWARD in request.session:
            answered[ONWARD] = request.session[ONWARD]
        keep_session(before, answered, until=datetime.now(UTC) + SENT_TWICE)


def come_back(request: HttpRequest, slug: str, address: str) -> None:
    """Whoever shows who they are within the hour goes on to this page."""
    until = datetime.now(UTC).timestamp() + LASTS
    request.session[ONWARD] = {"slug": slug, "address": address, "until": until}


def onward(request: HttpRequest, slug: str) -> str:
    """Where somebody goes who has just shown who they are: where they came from, once, or to what they
    have booked."""
    seen = request.session.pop(ONWARD, None)
    if seen and seen["slug"] == slug and seen["until"] > datetime.now(UTC).timestamp():
        return str(seen["address"])
    return reverse("my-bookings", args=[slug])


def kept_typed(words: Mapping[str, object]) -> dict[str, object]:
    """What was typed, for the claim: until when it is shown again."""
    return {**words, "until": (datetime.now(UTC) + TYPED_KEPT).timestamp()}


def typed(request: HttpRequest, slug: str, field: str) -> dict[str, Any] | None:
    """What was written on the form with this field, to be looked at again."""
    claim = request.session.get("claim") or {}
    found: dict[str, Any] = claim.get("typed") or {}
    is_theirs = claim.get("slug") == slug and field in found
    return found if is_theirs and found.get("until", 0) > datetime.now(UTC).timestamp() else None


def _digest(code: str) -> str:
    return salted_hmac("resident code", code).hexdigest()


def proved(claim: Mapping[str, Any], code: str) -> int | None:
    """Who has shown it already in this browser, with the same code."""
    digest, person = claim.get("proved") or ("", None)
    return person if digest == _digest(code) else None


def known(request: HttpRequest, slug: str) -> int | None:
    """Who it is, if they showed it within the hour."""
    seen = request.session.get(SESSION)
    if not seen or seen["slug"] != slug or seen["until"] < datetime.now(UTC).timestamp():
        return None
    person: int = seen["person"]
    return person if _stands(person) else None


def _stands(person: int) -> bool:
    """A record that was merged into another proves nothing of that one: they have to show who they are."""
    return people.canonical_id(person) == person


def party(request: HttpRequest, slug: str) -> list[int]:
    """Who it is and who is booked along with them; empty when nobody is known."""
    first = known(request, slug)
    if first is None:
        return []
    along = filter(_stands, request.session[SESSION].get("along", []))
    return list(dict.fromkeys([first, *along]))


def add_along(request: HttpRequest, person: int) -> None:
    seen = request.session[SESSION]
    along = [p for p in seen.get("along", []) if p != person] + [person]
    request.session[SESSION] = seen | {"along": along[-MOST_ALONG:]}


def drop_along(request: HttpRequest, person: int) -> None:
    seen = request.session[SESSION]
    request.session[SESSION] = seen | {"along": [p for p in seen.get("along", []) if p != person]}


def stay(request: HttpRequest, until: datetime) -> None:
    """Known for an hour after that moment: whoever waits for their turn, until it comes."""
    request.session[SESSION] = request.session[SESSION] | {"until": until.timestamp() + LASTS}


def pass_of(request: HttpRequest, slug: str, person: int) -> Pass:
    """A person's pass, kept for the visit. Raises Refusal(NOT_DUE)."""
    now = datetime.now(UTC)
    kept = request.session.get("passes", {}).get(str(person))
    if kept:
        try:
            held = read(kept, pass_key(), now=now.timestamp())
            if held.person == person and held.campaign == campaign_of(slug).pk:
                return held
        except Refusal:
            pass
    held = pass_for(campaign_of(slug), people.person_of(person), now=now)
    passes = request.session.get("passes", {}) | {str(person): sign(held, pass_key())}
    request.session["passes"] = dict(list(passes.items())[-MOST_ALONG - 1 :])
    return held


def drop_passes(request: HttpRequest) -> None:
    """What they may book has changed: passes are made anew."""
    request.session.pop("passes", None)


def own(request: HttpRequest, slug: str, key: int | str | None) -> Booking | None:
    """A live booking of those who are there."""
    if not key:
        return None
    campaign = campaign_of(slug).pk
    live = (b for p in party(request, slug) for b in bookings.live_bookings(p, campaign))
    return next((b for b in live if str(b.pk) == str(key)), None)
