"""Which messages a person wants: from the link in a message, or when they are known."""

from datetime import UTC, datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from balmis.contexts.people import contacts
from balmis.flows.booking import invitations
from balmis.web.resident import browser_session


@never_cache
@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The link in a message: it shows no name and opens nothing but this choice."""
    person = invitations.person_of_token(token, browser_session.campaign_of(slug).pk)
    if person is None:
        raise Http404
    return _choose(request, slug, person)


@never_cache
@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest, slug: str) -> HttpResponse:
    person = browser_session.known(request, slug)
    if person is None:
        return redirect("book", slug=slug)
    return _choose(request, slug, person)


def _choose(request: HttpRequest, slug: str, person: int) -> HttpResponse:
    contact = contacts.contact(person)
    if contact is None:
        raise Http404
    done = request.method == "POST"
    if done:
        language = request.POST.get("language")
        invitations.choose_messages(
            person,
            tell=request.POST.get("tell") == "1",
            now=datetime.now(UTC),
            language=language if language in dict(settings.LANGUAGES) else None,
        )
        contact = contacts.contact(person)
    return browser_session.page(
        request,
        slug,
        "messages",
        contact=contact,
        done=done,
        known=browser_session.known(request, slug) == person,
    )
