"""How are you after the dose? Three questions behind a personal link."""

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from balmis.core.errors import Refusal
from balmis.core.safety import diary as questions
from balmis.core.vocabulary.safety import ContactStatus
from balmis.flows.booking.invitations import stop_token
from balmis.flows.safety import diary
from balmis.web.resident import browser_session
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.diary_form import DiaryForm


@never_cache
@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Without a name, an account or a number: three questions."""
    _opened(slug, token)
    if request.method != "POST":
        return _show(request, slug, token, DiaryForm())
    form = DiaryForm(request.POST)
    return run(
        lambda: diary.answer(slug, token, form.answer(), now=datetime.now(UTC)),
        form=form,
        again=lambda answer: _show(request, slug, token, form, answer),
        to=lambda: _show(request, slug, token, form),
    )


def _opened(slug: str, token: str) -> Any:
    """The question of the link; else 404."""
    try:
        return diary.opened(slug, token, now=datetime.now(UTC))
    except Refusal:
        raise Http404(gettext("This link is not known. It may have been cut off.")) from None


def _show(
    request: HttpRequest, slug: str, token: str, form: DiaryForm, answer: Answer = DONE
) -> HttpResponse:
    """The questions; once they are answered, thanks."""
    contact = _opened(slug, token)
    done = contact.status == ContactStatus.COMPLETED
    said = questions.Answer(**(contact.answer or {"well": True}))
    return browser_session.page(
        request,
        slug,
        "diary",
        day=contact.day,
        done=done,
        flagged=done and bool(questions.red_flags(said)),
        form=form,
        stop=stop_token(contact.person_id, contact.campaign_id, now=datetime.now(UTC)),
        answer=answer,
        status=answer.status,
    )
