"""Book for a family in one act: each one is identified, then all get places at the same time."""

from datetime import UTC, date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from balmis.contexts.people import contacts
from balmis.contexts.people import queries as people
from balmis.core.notices import masked
from balmis.flows.booking import resident_sign_in
from balmis.web.resident import browser_session
from balmis.web.shared.rate_limit import limited
from balmis.web.shared.requests import number


@never_cache
@limited
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """Who comes along; someone is added with their number, birthday and a code."""
    first = browser_session.known(request, slug)
    if first is None:
        return redirect("book", slug=slug)
    along = browser_session.party(request, slug)[1:]
    values: dict[str, Any] = {
        "along": people.people_of(along),
        "full": len(along) >= browser_session.MOST_ALONG,
        "fields": {},
    }
    if request.method == "GET":
        return browser_session.page(request, slug, "family", **values)
    if leaving := number(request, "remove"):
        browser_session.drop_along(request, leaving)
        return redirect("book-family", slug=slug)
    fields = {
        k: request.POST.get(k, "").replace("\x00", "").strip()[:60]
        for k in ("number", "day", "month", "year")
    }
    contact = contacts.contact(first)
    problems = _problems(fields)
    if problems or contact is None or values["full"]:
        return browser_session.page(
            request, slug, "family", 400, **(values | {"fields": fields}), problems=problems
        )
    born = date(int(fields["year"]), int(fields["month"]), int(fields["day"]))
    address = contact.phone or contact.email
    claim = resident_sign_in.Claim(
        number=fields["number"], born=born, address=address, language=get_language() or "en"
    )
    person = resident_sign_in.send_code(slug, claim, now=datetime.now(UTC))
    request.session["claim"] = {
        "slug": slug,
        "person": person,
        "along": True,
        "address": masked(address),
    }
    return redirect("book-code", slug=slug)


def _problems(fields: dict[str, str]) -> dict[str, str]:
    found = {}
    if not fields["number"] or not fields["number"].isprintable():
        found["number"] = gettext("Enter the number on the invitation or the identity number.")
    try:
        date(int(fields["year"]), int(fields["month"]), int(fields["day"]))
    except (ValueError, OverflowError):
        found["day"] = gettext("Enter the date of birth, for example 5 3 1958.")
    return found
