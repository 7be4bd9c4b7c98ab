"""Lists of people: sent, looked at, taken in, taken back; and changes of who somebody is that wait."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people import lists as kept_lists
from balmis.core.errors import Refusal
from balmis.core.files.marked_list import write_marked
from balmis.core.roles import Act
from balmis.flows.people import list_files, undo_list
from balmis.web.registrar.list_forms import ListForm
from balmis.web.registrar.list_look import ListLook, frame, told
from balmis.web.registrar.list_template import xlsx_file
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.requests import actor_of, allowed


@require_http_methods(["GET", "POST"])
@allowed(Act.REGISTER_PEOPLE)
def lists(request: HttpRequest, slug: str) -> HttpResponse:
    """Send a list; the ones before, and what waits."""
    if request.method == "GET":
        return _lists(request, slug, ListForm())
    form, key = ListForm(request.POST, request.FILES), uuid4()

    def act() -> None:
        file = form.cleaned_data["file"]
        list_files.keep_list(
            slug, key, file.read(), file.name or "", actor=actor_of(request), now=datetime.now(UTC)
        )

    return run(
        act,
        form=form,
        again=lambda answer: _lists(request, slug, form, answer),
        to=lambda: redirect("registrar-list", slug=slug, key=key),
    )


def _lists(request: HttpRequest, slug: str, form: ListForm, answer: Answer = DONE) -> HttpResponse:
    actor, now = actor_of(request), datetime.now(UTC)
    waiting = undo_list.waiting_changes(slug, actor=actor, now=now)
    values = frame(slug) | {
        "form": form,
        "lists": kept_lists.lists(slug),
        "waiting": len(waiting),
        "answer": answer,
        "zone": campaigns.campaign(slug).time_zone,
    }
    return render(request, "registrar/lists.html", values, status=answer.status)


# ---- a list that was sent --------------------------------------------------------------------


def _kept(request: HttpRequest, slug: str, key: UUID) -> list_files.Kept:
    try:
        return list_files.open_list(slug, key, actor=actor_of(request))
    except Refusal:
        raise Http404(gettext("This list is not kept any longer. Send it again.")) from None


@require_http_methods(["GET", "POST"])
@allowed(Act.REGISTER_PEOPLE)
def one_list(request: HttpRequest, slug: str, key: UUID) -> HttpResponse:
    """What a list would do, and how it was read; then it is taken in."""
    kept = _kept(request, slug, key)
    sent = request.POST if request.method == "POST" else request.GET
    look = ListLook(request, slug, kept, sent)
    if request.method == "POST" and not look.is_as_seen():
        return redirect(f"{request.path}?{look.query()}")
    if request.method == "POST" and look.answer:
        answer = look.take()
        if answer and look.taken is not None:
            return redirect("registrar-list-done", slug=slug, list_id=look.taken.list_id)
        look.answer = answer
    return look.page()


@require_GET
@allowed(Act.REGISTER_PEOPLE)
def marked(request: HttpRequest, slug: str, key: UUID) -> HttpResponse:
    """The bad rows as a workbook, with what is wrong in the reader's language."""
    look = ListLook(request, slug, _kept(request, slug, key), request.GET)
    if look.found is None:
        return look.page()
    content = write_marked(
        look.found.found,
        look.found.problems,
        lambda p: told(p)[3],
        gettext("What is wrong"),
    )
    return xlsx_file(content, "to-mend.xlsx")


@require_POST
@allowed(Act.REGISTER_PEOPLE)
def drop(request: HttpRequest, slug: str, key: UUID) -> HttpResponse:
    """It is not taken in, and not kept."""
    kept = _kept(request, slug, key)
    list_files.drop_list(slug, kept.key, actor=actor_of(request))
    return redirect("registrar-lists", slug=slug)
