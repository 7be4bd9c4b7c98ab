"""Whether whoever has a session is still there: over, locked, or short of a second factor.

A session of Django says who signed in; the sign-in says whether that holds. A desk that nobody touches
locks itself: until somebody comes back, its pages know nobody. What a page asks by itself (the clinic's
desk, a figure that renews itself) is no touch.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY, login, logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from balmis.contexts.access.sign_ins import is_locked, note_seen
from balmis.core.vocabulary.access import FactorRule, SignInMeans
from balmis.flows.access import sign_ins

if TYPE_CHECKING:
    from balmis.contexts.access.models import SignIn, User

Handler = Callable[[HttpRequest], HttpResponse]
KEY, HERE = "sign_in", "here"
MOST_HERE = 30  # people of one desk
ALONE = {
    SignInMeans.PASSWORD,
    SignInMeans.INVITATION,
    SignInMeans.PROVIDER_ALONE,
}  # shown by one factor
LOCK = "/sign-in/lock/"
BY_ITSELF = {"Hx-Request", "X-Asked-Itself"}  # what a page asks while nobody touches it
OPEN = ("/account/", "/sign-out/", "/sign-in/", "/language/", "/static/", "/health/")


def keep_sign_in(get_response: Handler) -> Handler:
    """Before anything else is asked of the user."""

    def handle(request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            _stand(request, datetime.now(UTC))
            if _is_short(request) and not request.path.startswith(OPEN):
                return _ask_factor(request)
        return get_response(request)

    return handle


def _stand(request: HttpRequest, now: datetime) -> None:
    key = request.session.get(KEY)
    found = sign_ins.standing(key, now=now) if isinstance(key, int) else None
    if found is None or str(found.user_id) != request.session[SESSION_KEY]:
        leave(request)
    elif is_locked(found, now=now):
        request.user = AnonymousUser()
        request.locked = found.pk  # type: ignore[attr-defined]
    elif request.user.is_authenticated:
        request.sign_in = found  # type: ignore[attr-defined]
        if _is_touch(request):
            note_seen(found, now=now)


def _is_touch(request: HttpRequest) -> bool:
    asked_itself = request.path.startswith("/api/") or not BY_ITSELF.isdisjoint(request.headers)
    return request.path != LOCK and (request.method == "POST" or not asked_itself)


def _is_short(request: HttpRequest) -> bool:
    """Does a role ask for more than was shown?"""
    found = sign_in_of(request)
    if found is None or SignInMeans(found.means) not in ALONE:
        return False
    if not settings.SIGN_IN_RULES.asked and request.user.second_factor != FactorRule.ALWAYS:  # type: ignore[union-attr]
        return False
    return sign_ins.must_add_factor(cast("User", request.user))


def _ask_factor(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        told = {"type": "about:blank", "title": "second factor", "status": 403}
        return JsonResponse(told, status=403, content_type="application/problem+json")
    return redirect("second-factor-needed")


def sign_in_of(request: HttpRequest) -> SignIn | None:
    """The open sign-in that the request is made in."""
    return getattr(request, "sign_in", None)


def enter(request: HttpRequest, user: User, key: int) -> None:
    """The session is theirs now, under this sign-in; one of somebody else is gone from the browser."""
    others = [k for k in here_in(request) if k != key]
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session[KEY] = key
    request.session[HERE] = [*others, key][-MOST_HERE:]


def leave(request: HttpRequest) -> None:
    """They are out; the others of a shared desk may still come back."""
    others = [k for k in here_in(request) if k != request.session.get(KEY)]
    logout(request)
    if others:
        request.session[HERE] = others


def here_in(request: HttpRequest) -> list[int]:
    """The sign-ins that began in this browser's session: a cookie of the browser alone is no way back."""
    found: list[int] = request.session.get(HERE, [])
    return found
