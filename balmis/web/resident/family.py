"""Book for a family in one act: each one is identified, then all get places at the same time."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from balmis.contexts.people import contacts
from balmis.contexts.people import queries as people
from balmis.web.resident import browser_session
from balmis.web.resident.forms import FamilyForm, RemoveForm
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.rate_limit import limited


@never_cache
@limited
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """Who comes along; someone is added with their number, birthday and a code."""
    first = browser_session.known(request, slug)
    if first is None:
        return redirect("book", slug=slug)
    if request.method == "GET":
        return _show(request, slug, FamilyForm())
    if "remove" in request.POST:
        return _remove(request, slug)
    form, contact = FamilyForm(request.POST), contacts.contact(first)
    if contact is None or _is_full(request, slug):  # the page offers no form then
        return _show(request, slug, form, Answer(status=400))

    def act() -> None:
        address = contact.phone or contact.email
        browser_session.ask_code(request, slug, address=address, along=True, **form.cleaned_data)

    return run(
        act,
        form=form,
        again=lambda answer: _show(request, slug, form, answer),
        to=lambda: redirect("book-code", slug=slug),
    )


def _is_full(request: HttpRequest, slug: str) -> bool:
    return len(browser_session.party(request, slug)) > browser_session.MOST_ALONG


def _show(request: HttpRequest, slug: str, form: FamilyForm, answer: Answer = DONE) -> HttpResponse:
    return browser_session.page(
        request,
        slug,
        "family",
        answer.status,
        answer=answer,
        along=people.people_of(browser_session.party(request, slug)[1:]),
        full=_is_full(request, slug),
        form=form,
    )


def _remove(request: HttpRequest, slug: str) -> HttpResponse:
    form = RemoveForm(request.POST)
    return run(
        lambda: browser_session.drop_along(request, form.cleaned_data["remove"]),
        form=form,
        again=lambda answer: _show(request, slug, FamilyForm(), answer),
        to=lambda: redirect("book-family", slug=slug),
    )
