"""Which messages a person wants: from the link in a message, or when they are known."""

from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from balmis.contexts.people import contacts
from balmis.flows.booking import invitations
from balmis.web.resident import browser_session
from balmis.web.resident.forms import MessagesForm
from balmis.web.shared.acting import DONE, Answer, run


@never_cache
@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The link in a message: it shows no name and opens nothing but this choice."""
    person = invitations.person_of_token(
        token, browser_session.campaign_of(slug).pk, now=datetime.now(UTC)
    )
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
    now = {"tell": "1" if contact.tell else "0", "language": contact.language}
    if request.method == "GET":
        return _show(request, slug, person, MessagesForm(initial=now))
    form = MessagesForm(request.POST)

    def act() -> None:
        invitations.choose_messages(
            person,
            tell=form.cleaned_data["tell"] == "1",
            now=datetime.now(UTC),
            language=form.cleaned_data["language"] or None,
        )

    return run(
        act,
        form=form,
        again=lambda answer: _show(request, slug, person, form, answer),
        to=lambda: _show(request, slug, person, form, done=True),
    )


def _show(
    request: HttpRequest,
    slug: str,
    person: int,
    form: MessagesForm,
    answer: Answer = DONE,
    *,
    done: bool = False,
) -> HttpResponse:
    known = browser_session.known(request, slug) == person
    return browser_session.page(
        request, slug, "messages", answer=answer, form=form, done=done, known=known
    )
