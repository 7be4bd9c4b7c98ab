"""Sign in by the region's identity provider."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from balmis.core.errors import BadInput
from balmis.core.vocabulary.access import SignInMeans
from balmis.flows.access.provider import user_of
from balmis.flows.access.sign_ins import needs_factor
from balmis.web.access.sign_in import ask_factor, let_in, onward_to, sign_in_page
from balmis.web.shared.acting import Answer, Problem
from balmis.web.shared.client import address_of
from balmis.web.shared.identity_provider import ask, provider, take
from balmis.web.shared.rate_limit import limited


@never_cache
@limited
@require_GET
def go(request: HttpRequest) -> HttpResponse:
    """Over there, and back to `done`."""
    onward = onward_to(request, request.GET.get("next", ""))
    try:
        return ask(request, reverse("provider-done"), onward)
    except BadInput as problem:
        return _told(request, gettext(str(problem)), 502)


@never_cache
@limited
@require_GET
def done(request: HttpRequest) -> HttpResponse:
    """Whoever the provider names has to have an account. Where it has asked for one factor only, ours is
    asked besides."""
    try:
        said = take(request)
    except BadInput as problem:
        return _told(request, gettext(str(problem)), 400)
    of = provider()
    if said is None or of is None:
        return redirect("sign-in")
    client, now = address_of(request), datetime.now(UTC)
    user = user_of(said.subject, said.claims.get(of.user, ""), client=client, now=now)
    if user is None:
        words = gettext("There is no account for you here. Ask whoever keeps the users.")
        return _told(request, words, 403)
    if not said.strong and needs_factor(user):
        return ask_factor(request, user, said.onward)
    means = SignInMeans.PROVIDER if said.strong else SignInMeans.PROVIDER_ALONE
    return let_in(request, user, means, said.onward)


def _told(request: HttpRequest, words: str, status: int) -> HttpResponse:
    return sign_in_page(request, Answer((Problem(words),), status))
