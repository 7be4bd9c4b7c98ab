"""How are you after the dose? The person's own page behind a link; the list of calls; what was told."""

from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from balmis.core.errors import NotAllowed
from balmis.core.roles import Act
from balmis.core.vocabulary.safety import Symptom
from balmis.flows.safety import diary
from balmis.web.labels import safety as words
from balmis.web.safety.cases import base
from balmis.web.safety.forms import CalledForm
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.requests import actor_of, allowed, posted


@require_GET
@allowed(Act.WORK_CASES)
def calls(request: HttpRequest, slug: str) -> HttpResponse:
    return _calls(request, slug)


def _calls(
    request: HttpRequest, slug: str, answer: Answer = DONE, sent: CalledForm | None = None
) -> HttpResponse:
    """The page; `sent` is the call that could not be kept, as it was sent."""
    actor = actor_of(request)
    try:
        found = diary.phone_list(slug, actor=actor, now=datetime.now(UTC))
        rates = diary.rates(slug, actor=actor)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    values = base(request, slug) | {
        "calls": [(c, phone, CalledForm.of(c.pk, sent)) for c, phone in found],
        "answer": answer,
        "rates": [
            (
                day,
                care,
                [(words.SYMPTOMS[Symptom(s)], r) for s, r in told.items() if s in set(Symptom)],
            )
            for day, care, told in rates
        ],
    }
    return render(request, "safety/calls.html", values, status=answer.status)


@posted("calls")
@allowed(Act.WORK_CASES)
def called(request: HttpRequest, slug: str) -> HttpResponse:
    """What somebody heard on the phone."""
    form = CalledForm.sent(request.POST)

    def act() -> None:
        contact, actor = form.cleaned_data["contact"], actor_of(request)
        diary.answer_by_phone(slug, contact, form.answer(), actor=actor, now=datetime.now(UTC))

    return run(
        act,
        form=form,
        again=lambda answer: _calls(request, slug, answer, form),
        to=lambda: redirect("calls", slug=slug),
    )
