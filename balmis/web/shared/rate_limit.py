"""So many tries from one network: for pages that send codes or check them.

On top of the limits by person and by address of a message. Counted in the database, for all processes.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from balmis.core.rate_limit import Allowed
from balmis.flows.access.tries import spend
from balmis.web.labels.common import wait_in_words
from balmis.web.shared.client import network_to_count

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

# at once, and on average: a household, a library, a call centre
LEAST = 0.06  # seconds
CODES = Allowed("codes from a network", 30, timedelta(seconds=20))


def limited(view: View[P]) -> View[P]:
    """POSTs of one network to such pages are limited; beyond, 429 with what to do. None is answered
    sooner than `LEAST`: whether there was something to send shows in no time."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        began, network = time.monotonic(), network_to_count(request)
        wait = spend(CODES, network, now=datetime.now(UTC)) if network is not None else None
        if wait is not None:
            return render(request, "429.html", {"wait": wait_in_words(wait)}, status=429)
        answer = view(request, *args, **kwargs)
        time.sleep(max(0.0, began + LEAST - time.monotonic()))
        return answer

    return guarded  # type: ignore[return-value]


WEIGHED = Allowed("passwords weighed from a network", 120, timedelta(seconds=2))


def allowed_often(view: View[P]) -> View[P]:
    """For what a page asks while somebody types: many, and not without end."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        network = network_to_count(request)
        if network is not None and spend(WEIGHED, network, now=datetime.now(UTC)) is not None:
            return HttpResponse(status=429)
        return view(request, *args, **kwargs)

    return guarded  # type: ignore[return-value]
