"""Around every request: its id, how long it took, what the browser may load."""

import json
import logging
import math
import re
import time
from collections.abc import Callable, Iterator
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import is_valid_path
from django.utils import timezone
from django.views.defaults import bad_request
from prometheus_client import Counter, Histogram

from balmis.contexts.campaigns import queries as campaigns

log = logging.getLogger("balmis.web")

REQUESTS = Counter("balmis_requests_total", "Requests answered", ["route", "method", "status"])
SECONDS = Histogram(
    "balmis_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "manifest-src 'self'; worker-src 'self'"
)

Handler = Callable[[HttpRequest], HttpResponse]


def observe(get_response: Handler) -> Handler:
    """Count and time each request by its route; log it with its id."""

    def handle(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        request_id = uuid4().hex
        request.META["BALMIS_REQUEST_ID"] = request_id
        response = get_response(request)
        took = time.perf_counter() - began
        match = request.resolver_match
        route = match.view_name if match else "none"
        REQUESTS.labels(route, request.method, response.status_code).inc()
        SECONDS.labels(route).observe(took)
        response["X-Request-ID"] = request_id
        level = logging.ERROR if response.status_code >= 500 else logging.INFO
        log.log(
            level,
            "request",
            extra={
                "request_id": request_id,
                "method": request.method,
                "route": match.route if match else "none",  # without what stands in the address
                "actor": actor.name if (actor := getattr(request, "_actor", None)) else "",
                "status": response.status_code,
                "ms": round(took * 1000, 1),
            },
        )
        return response

    return handle


class PlaceTime:
    """Times of a campaign's pages are those of its place."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(None):  # so that what is chosen below ends with the request
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, object]
    ) -> None:
        slug = kwargs.get("slug")
        if isinstance(slug, str) and (zone := campaigns.zone_of(slug)):
            timezone.activate(ZoneInfo(zone))


def content_policy(get_response: Handler) -> Handler:
    """Nothing but our own files; no inline script or style; nothing kept by shared caches."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("Permissions-Policy", "geolocation=(), microphone=(), camera=()")
        if request.path.startswith("/api/"):  # nobody opens it as a page
            response.setdefault("Content-Disposition", 'attachment; filename="balmis.json"')
        if request.user.is_authenticated if hasattr(request, "user") else False:
            response.setdefault("Cache-Control", "private, no-store")
        return response

    return handle


def lead_up(get_response: Handler) -> Handler:
    """An address that only acts, opened as a page (the language was changed, somebody signed in meanwhile,
    a bookmark), leads to the page above it; nothing is done."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code != 405 or request.method not in ("GET", "HEAD"):
            return response
        if request.path.startswith("/api/"):
            return response
        above = request.path.rstrip("/").rpartition("/")[0] + "/"
        while above != "/" and not is_valid_path(above):
            above = above.rstrip("/").rpartition("/")[0] + "/"
        return redirect(above)

    return handle


SUSPECT = re.compile(rb"\\u(?:0000|d[89ab])|NaN|Infinity|\d[eE]\+?\d{3}", re.IGNORECASE)


def is_unfit(body: bytes) -> bool:
    """JSON which the database cannot keep: NUL, half of a pair of surrogates, what is no number. Looked
    at closely only where something of the kind stands."""
    if not SUSPECT.search(body):
        return False
    try:
        found = json.loads(body, parse_constant=_no_number, parse_float=_finite)
        return any("\x00" in text or not _is_text(text) for text in _texts(found))
    except (ValueError, RecursionError):
        return True


def _no_number(word: str) -> float:
    raise ValueError(word)


def _finite(text: str) -> float:
    if not math.isfinite(found := float(text)):
        raise ValueError(text)
    return found


def _texts(found: object) -> Iterator[str]:
    """Every text in it, names of fields among them."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for name, value in found.items():
            yield name
            yield from _texts(value)
    elif isinstance(found, list):
        for value in found:
            yield from _texts(value)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class NoNul:
    """Calls send JSON. The database keeps no NUL characters, and nobody types them: where a page does not
    say so itself, the request is answered as one that cannot be understood. Nothing was written."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.method in ("POST", "PUT", "PATCH") and request.path.startswith("/api/")
        if sent and "json" not in (request.content_type or ""):
            told = {"type": "about:blank", "title": "send application/json", "status": 415}
            return JsonResponse(told, status=415, content_type="application/problem+json")
        if "json" in (request.content_type or "") and is_unfit(request.body):
            return bad_request(request, ValueError("text that cannot be kept"))
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DataError | ValueError) and "NUL" in str(exception):
            return bad_request(request, exception)
        return None
