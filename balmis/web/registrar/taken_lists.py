"""Lists that were taken in, and taken back; and changes of who somebody is that wait."""

from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people import lists as kept_lists
from balmis.core.roles import Act
from balmis.flows.people import undo_list
from balmis.web.registrar.list_forms import ChangeForm, UndoListForm
from balmis.web.registrar.list_look import differences, frame
from balmis.web.registrar.person_facts import groups_of
from balmis.web.shared.acting import DONE, attempt
from balmis.web.shared.requests import actor_of, allowed


@require_http_methods(["GET", "POST"])
@allowed(Act.REGISTER_PEOPLE)
def done(request: HttpRequest, slug: str, list_id: int) -> HttpResponse:
    """What a list did; and it can be taken back."""
    form = UndoListForm(request.POST if request.method == "POST" else None)
    undone: list[undo_list.Undone] = []

    def act() -> None:
        actor, now = actor_of(request), datetime.now(UTC)
        undone.append(undo_list.undo_list(slug, list_id, actor=actor, now=now))

    answer = attempt(act, form) if request.method == "POST" else DONE
    taken = next((x for x in kept_lists.lists(slug, 500) if x.pk == list_id), None)
    if taken is None:
        raise Http404
    values = frame(slug) | {
        "taken": taken,
        "words": _words(slug, taken.decided.get("words", {})),
        "form": form if form.is_bound else UndoListForm(),
        "undone": undone[0] if undone else None,
        "answer": answer,
        "zone": campaigns.campaign(slug).time_zone,
    }
    return render(request, "registrar/list_done.html", values, status=answer.status)


def _words(slug: str, decided: dict[str, str]) -> list[tuple[str, str]]:
    """What was decided of words of the list, by the group's title."""
    titles = dict(groups_of(slug))
    none = gettext("no group")
    return [(word, titles.get(group, group) or none) for word, group in decided.items()]


@require_http_methods(["GET", "POST"])
@allowed(Act.REGISTER_PEOPLE)
def changes(request: HttpRequest, slug: str) -> HttpResponse:
    """Changes of who somebody is: the same person, or not?"""
    form = ChangeForm.sent(request.POST) if request.method == "POST" else None
    actor, now = actor_of(request), datetime.now(UTC)

    def act() -> None:
        assert form is not None
        undo_list.decide_change(
            slug,
            form.cleaned_data["change"],
            accept="accept" in request.POST,
            why=form.cleaned_data["why"],
            actor=actor,
            now=now,
        )

    answer = attempt(act, form) if form is not None else DONE
    if form is not None and answer:
        return redirect("registrar-changes", slug=slug)
    rows = [
        (c, differences(c.before, c.after), ChangeForm.of(c.pk, form))
        for c in undo_list.waiting_changes(slug, actor=actor, now=now)
    ]
    values = frame(slug) | {"rows": rows, "answer": answer}
    return render(request, "registrar/changes.html", values, status=answer.status)
