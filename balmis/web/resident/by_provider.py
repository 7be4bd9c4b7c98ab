"""A resident shows who they are by the region's identity provider: it vouches for number and birthday."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from balmis.core.access.identity_provider import IdentityProvider
from balmis.core.errors import BadInput
from balmis.flows.booking.resident_sign_in import identify_by_provider
from balmis.web.resident import browser_session
from balmis.web.resident.forms import ClaimForm
from balmis.web.shared.acting import Answer, Problem
from balmis.web.shared.identity_provider import NOT_TAKEN, Said, ask, take
from balmis.web.shared.identity_provider import provider as provider_of_all
from balmis.web.shared.rate_limit import limited


def provider() -> IdentityProvider | None:
    """The one that says a resident's number, if there is one."""
    found = provider_of_all()
    return found if found is not None and found.number else None


@never_cache
@limited
@require_GET
def go(request: HttpRequest, slug: str) -> HttpResponse:
    """Over there, and back to `done`."""
    browser_session.campaign_of(slug)
    if provider() is None:
        raise Http404
    try:
        return ask(request, reverse("book-provider-done", args=[slug]))
    except BadInput as problem:
        return _told(request, slug, gettext(str(problem)), 502)


@never_cache
@limited
@require_GET
def done(request: HttpRequest, slug: str) -> HttpResponse:
    """Known for an hour, if the register has whoever the provider names."""
    of = provider()
    try:
        said = take(request)
        if said is None or of is None:
            return redirect("book", slug=slug)
        number, born = said.claims.get(of.number, ""), _born(said, of)
    except BadInput as problem:
        return _told(request, slug, gettext(str(problem)), 400)
    person = identify_by_provider(slug, number, born, now=datetime.now(UTC))
    if person is None:
        words = gettext(
            "The register of this campaign does not hold your number yet. Register, or ask at a registration desk."
        )
        return _told(request, slug, words, 404)
    browser_session.begin(request, slug, person, code="")
    return redirect(browser_session.onward(request, slug))


def _born(said: Said, of: IdentityProvider) -> date:
    """Raises BadInput."""
    try:
        return date.fromisoformat(said.claims.get(of.born, ""))
    except ValueError:
        raise BadInput(NOT_TAKEN) from None


def _told(request: HttpRequest, slug: str, words: str, status: int) -> HttpResponse:
    form = ClaimForm(zone=browser_session.campaign_of(slug).time_zone)
    answer = Answer((Problem(words),), status)
    return browser_session.page(
        request, slug, "start", answer=answer, form=form, provider=provider()
    )
