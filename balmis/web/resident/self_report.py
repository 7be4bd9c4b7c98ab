"""A resident who is known tells of something that happened after a dose."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from balmis.contexts.clinic import queries as doses
from balmis.contexts.people import queries as people
from balmis.flows.safety import self_report
from balmis.web.resident import browser_session
from balmis.web.resident.forms import EventForm
from balmis.web.shared.acting import DONE, Answer, run


@never_cache
@require_http_methods(["GET", "POST"])
def tell(request: HttpRequest, slug: str) -> HttpResponse:
    """What, when, and whether it is bad; somebody calls."""
    person = browser_session.known(request, slug)
    if person is None:
        return redirect("book", slug=slug)
    given = doses.live_doses(people.canonical_id(person))
    if request.method == "GET":
        return _show(request, slug, EventForm(doses=given), are_any=bool(given))
    form, flagged = EventForm(request.POST, doses=given), False

    def act() -> None:
        nonlocal flagged
        said = form.cleaned_data
        told = self_report.Told(
            request_id=said["request_id"],
            dose=said["dose"],
            onset_on=said["onset"],
            symptoms=tuple(said["symptom"]),
            care=said["care"],
            words=said["words"],
        )
        flagged = self_report.tell(slug, person, told, now=datetime.now(UTC))

    return run(
        act,
        form=form,
        again=lambda answer: _show(request, slug, form, answer, are_any=bool(given)),
        to=lambda: browser_session.page(request, slug, "event", done=True, flagged=flagged),
    )


def _show(
    request: HttpRequest, slug: str, form: EventForm, answer: Answer = DONE, *, are_any: bool
) -> HttpResponse:
    return browser_session.page(request, slug, "event", answer=answer, form=form, are_any=are_any)
