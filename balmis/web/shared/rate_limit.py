"""So many tries from one address: for pages that send codes or check them.

Counted in each process, on top of the limits by person and by address of a message. Addresses of
one's own network are not counted: behind a proxy everyone would come from one. With
BALMIS_PROXIES=n the client is the n-th address from the right of X-Forwarded-For.
"""

import time
from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from balmis.core.rate_limit import Limiter

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

BURST, A_MINUTE = 30, 3  # tries at once, and on average: a household, a library, a call centre
_limiter = Limiter(burst=BURST, a_second=A_MINUTE / 60)


def address_of(request: HttpRequest) -> str:
    """Where the client stands: before the proxies that BALMIS_PROXIES counts."""
    text = str(request.META.get("REMOTE_ADDR", ""))
    if settings.PROXIES:
        came = [a.strip() for a in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        text = came[-settings.PROXIES] if len(came) >= settings.PROXIES else text
    return text


def client_address(request: HttpRequest) -> str | None:
    """The client's address, if it is one to count."""
    try:
        address = ip_address(address_of(request))
    except ValueError:
        return None
    if address.is_loopback or address.is_private:
        return None
    return str(address)


def limited(view: View[P]) -> View[P]:
    """POSTs of one address to this page are limited; beyond, 429 with what to do."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        address = client_address(request) if request.method == "POST" else None
        if address is not None and not _limiter.allows(address, time.monotonic()):
            return render(request, "429.html", status=429)
        return view(request, *args, **kwargs)

    return guarded  # type: ignore[return-value]
