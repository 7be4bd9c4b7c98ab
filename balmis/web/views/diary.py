"""How are you after the dose? The person's own page behind a link; the list of calls; what was told."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.safety.diary import RED, Answer, red_flags
from balmis.core.safety.words import ContactStatus
from balmis.flows.safety import diary
from balmis.web import safety_words as words
from balmis.web.views import visit
from balmis.web.views.cases import answered, base
from balmis.web.views.common import actor_of, allowed, posted


def read_form(asked: Any) -> Answer:
    """What somebody ticked. Raises BadInput."""
    if asked.get("well") not in ("yes", "no"):
        raise BadInput(gettext("Say whether you are well."))
    well, symptoms, care = (
        asked["well"] == "yes",
        tuple(asked.getlist("symptom")),
        asked.get("care", ""),
    )
    if well and (symptoms or care not in ("", "none")):
        raise BadInput(
            gettext(
                "You said that you are well, and ticked something that is wrong. Which is right?"
            )
        )
    return diary.read_answer(
        Answer(
            well=well,
            symptoms=symptoms,
            care=care if not well else "",
            missed=asked.get("missed") == "yes",
            words=asked.get("words", "").replace("\x00", "").strip()[:1000],
        )
    )


@never_cache
@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Without a name, an account or a number: three questions."""
    now, problem = datetime.now(UTC), ""
    try:
        contact = diary.opened(slug, token, now=now)
        if request.method == "POST":
            contact = diary.answer(slug, token, read_form(request.POST), now=now)
    except Refusal:
        raise Http404(gettext("This link is not known. It may have been cut off.")) from None
    except BadInput as error:
        problem = gettext(str(error))
    done = contact.status == ContactStatus.COMPLETED
    flagged = done and bool(red_flags(Answer(**(contact.answer or {"well": True}))))
    return visit.page(
        request,
        slug,
        "diary",
        day=contact.day,
        done=done,
        flagged=flagged,
        problem=problem,
        asked=request.POST,
        chosen=request.POST.getlist("symptom"),
        symptoms=[(k, v, k in RED) for k, v in words.SYMPTOMS.items()],
        care=words.CARE.items(),
        status=400 if problem else 200,
    )


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
