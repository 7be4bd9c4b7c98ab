"""How are you after the dose? Three questions behind a personal link."""

from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from balmis.core.errors import BadInput, Refusal
from balmis.core.safety.diary import RED, Answer, red_flags
from balmis.core.vocabulary.safety import ContactStatus
from balmis.flows.safety import diary
from balmis.web.labels import safety as words
from balmis.web.resident import browser_session
from balmis.web.shared.diary_form import read_form


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
    return browser_session.page(
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
