"""Who sends a request: one way to know the client, for limits, logs and the trail.

With BALMIS_PROXIES=n the client is the n-th address from the right of X-Forwarded-For, which is the one
that the outermost proxy of ours has seen; what stands to its left is what the client says of itself.
"""

import secrets
from hashlib import sha256
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from balmis.contexts.access.sign_ins import Browser
from balmis.core.rate_limit import network_of

MARK, SALT = "mark", "balmis sign-in mark"
MARK_LASTS = 180 * 86_400  # seconds
MOST_NAMES = 30  # that sign in on one browser: the staff of a site on its tablet


def address_of(request: HttpRequest) -> str:
    """Where the client stands: before the proxies that BALMIS_PROXIES counts. '' when unknown."""
    text = str(request.META.get("REMOTE_ADDR", ""))
    if settings.PROXIES:
        came = [a.strip() for a in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        text = came[-settings.PROXIES] if len(came) >= settings.PROXIES else text
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


def network_to_count(request: HttpRequest) -> str | None:
    """The client's network, if it is one to count: not one's own, behind which everybody stands when no
    proxy is counted."""
    address = address_of(request)
    network = network_of(address) if address else None
    if network is None:
        return None
    first = ip_network(network).network_address
    if settings.PROXIES:
        return network
    return None if first.is_loopback or first.is_private else network


def mark_of(request: HttpRequest, username: str) -> str:
    """What this browser keeps from an earlier sign-in of the name; '' when it keeps nothing."""
    browser, names = _kept(request)
    return browser if _digest(username) in names else ""


def browser_of(request: HttpRequest) -> Browser:
    """Where the request comes from: the browser's own word, its address, what it says of itself."""
    word, _ = _kept(request)
    agent = request.headers.get("User-Agent", "")[:200]
    return Browser(word, address_of(request), agent, get_language() or "")


def keep_mark(request: HttpRequest, response: HttpResponse, username: str) -> None:
    """The browser keeps that the owner of the name has signed in here."""
    (browser, before), name = _kept(request), _digest(username)
    names = [n for n in before if n != name] + [name]
    text = signing.dumps({"browser": browser, "names": names[-MOST_NAMES:]}, salt=SALT)
    response.set_cookie(
        MARK,
        text,
        max_age=MARK_LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
        path="/",  # an invitation marks the browser, too
    )


def _kept(request: HttpRequest) -> tuple[str, list[str]]:
    """The browser's own word, and digests of the names that signed in there. A new browser has one word
    for the whole request."""
    if not hasattr(request, "_browser"):
        try:
            found = signing.loads(request.COOKIES.get(MARK, ""), salt=SALT, max_age=MARK_LASTS)
            kept = found["browser"], found["names"]
        except signing.BadSignature:
            kept = secrets.token_urlsafe(12), []
        request._browser = kept  # type: ignore[attr-defined]
    word, names = request._browser  # type: ignore[attr-defined]
    return str(word), list(names)


def _digest(username: str) -> str:
    return sha256(username.lower().encode()).hexdigest()[:16]
