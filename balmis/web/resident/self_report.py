"""A resident who is known tells of something that happened after a dose."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from balmis.contexts.clinic import queries as doses
from balmis.contexts.people import queries as people
from balmis.core.errors import BadInput, Refusal
from balmis.flows.safety import self_report
from balmis.web.labels import safety as words
from balmis.web.labels.common import in_language
from balmis.web.resident import browser_session
from balmis.web.shared.requests import read_day


@never_cache
@require_http_methods(["GET", "POST"])
def tell(request: HttpRequest, slug: str) -> HttpResponse:
    """What, when, and whether it is bad; somebody calls."""
    person = browser_session.known(request, slug)
    if person is None:
        return redirect("book", slug=slug)
    given, problem, done = doses.live_doses(people.canonical_id(person)), "", False
    flagged = False
    if request.method == "POST":
        try:
            flagged = _told(request, slug, person)
            done = True
        except BadInput as error:
            problem = gettext(str(error))
        except Refusal as refusal:
            problem = in_language(refusal)
        except ValueError:
            problem = gettext("Something in the form cannot be read. Check it and send it again.")
    return browser_session.page(
        request,
        slug,
        "event",
        doses=given,
        problem=problem,
        done=done,
        flagged=flagged,
        asked=request.POST,
        chosen=request.POST.getlist("symptom"),
        symptoms=words.SYMPTOMS.items(),
        care=words.CARE.items(),
        request_id=request.POST.get("request_id") or uuid4(),
        status=400 if problem else 200,
    )


def _told(request: HttpRequest, slug: str, person: int) -> bool:
    asked = request.POST
    onset = read_day(asked.get("onset"))
    if onset is None:
        raise BadInput(gettext("Say on which day it began."))
    return self_report.tell(
        slug,
        person,
        self_report.Told(
            request_id=UUID(asked.get("request_id", "")),
            dose=int(asked.get("dose", "")),
            onset_on=onset,
            symptoms=tuple(asked.getlist("symptom")),
            care=asked.get("care", ""),
            words=asked.get("words", ""),
        ),
        now=datetime.now(UTC),
    )
