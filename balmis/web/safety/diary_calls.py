"""How are you after the dose? The person's own page behind a link; the list of calls; what was told."""

from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from balmis.core.errors import NotAllowed
from balmis.core.roles import Act
from balmis.flows.safety import diary
from balmis.web.labels import safety as words
from balmis.web.safety.cases import answered, base
from balmis.web.shared.diary_form import read_form
from balmis.web.shared.requests import actor_of, allowed, posted


@require_GET
@allowed(Act.WORK_CASES)
def calls(request: HttpRequest, slug: str) -> HttpResponse:
    return _calls(request, slug)


def _calls(request: HttpRequest, slug: str, status: int = 200, problem: str = "") -> HttpResponse:
    actor = actor_of(request)
    try:
        found = diary.phone_list(slug, actor=actor, now=datetime.now(UTC))
        rates = diary.rates(slug, actor=actor)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    values = base(request, slug) | {
        "calls": found,
        "problem": problem,
        "symptoms": words.SYMPTOMS.items(),
        "care": words.CARE.items(),
        "rates": [
            (day, care, [(words.SYMPTOMS[s], r) for s, r in told.items() if s in words.SYMPTOMS])
            for day, care, told in rates
        ],
    }
    return render(request, "safety/calls.html", values, status=status)


@posted("calls")
@allowed(Act.WORK_CASES)
def called(request: HttpRequest, slug: str) -> HttpResponse:
    """What somebody heard on the phone."""

    def act() -> None:
        diary.answer_by_phone(
            slug,
            int(request.POST.get("contact", "")),
            read_form(request.POST),
            actor=actor_of(request),
            now=datetime.now(UTC),
        )

    return answered(
        act, lambda s, p: _calls(request, slug, s, p), lambda: redirect("calls", slug=slug)
    )
