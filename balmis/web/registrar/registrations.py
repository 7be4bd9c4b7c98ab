"""Registering with one's name, by oneself or at a desk; registrations that are near someone; merges."""

from contextlib import suppress
from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from balmis.contexts.campaigns import queries as campaigns
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.flows.booking import people_search
from balmis.flows.booking import registrar as desk
from balmis.flows.people import merge as people_merge
from balmis.flows.people import merge_choice, registrations
from balmis.web.labels.people import COLUMNS
from balmis.web.registrar.desk import show_person
from balmis.web.registrar.forms import DecideForm, MergeForm, RegisterForm, UndoForm
from balmis.web.shared.acting import DONE, Answer, attempt, run
from balmis.web.shared.person_form import areas_of
from balmis.web.shared.requests import actor_of, allowed

# ---- at a desk -------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@allowed(Act.BOOK_FOR_OTHERS)
def at_desk(request: HttpRequest, slug: str) -> HttpResponse:
    """Someone who is in no register, or cannot say their number."""
    campaign = campaigns.campaign(slug)
    zone, areas = campaign.time_zone, areas_of(campaign)
    if request.method == "GET":
        initial = {"name": request.GET.get("name", "")[:120]}
        return _at_desk(request, slug, RegisterForm(zone=zone, areas=areas, initial=initial))
    form, onward = RegisterForm(request.POST, zone=zone, areas=areas), redirect("registrar", slug)

    def act() -> None:
        nonlocal onward
        actor, now = actor_of(request), datetime.now(UTC)
        try:
            asked = registrations.register_at_desk(slug, form.stated(), actor=actor, now=now)
        except NotAllowed:
            elsewhere = gettext_noop("People of this area are registered by another desk.")
            raise BadInput(elsewhere, ("area",)) from None
        if asked.person:
            onward = redirect("registrar-person", slug=slug, key=asked.person)
        else:
            onward = redirect("registrar-review", slug=slug, key=asked.registration)

    return run(
        act,
        form=form,
        again=lambda answer: _at_desk(request, slug, form, answer),
        to=lambda: onward,
    )


def _at_desk(
    request: HttpRequest, slug: str, form: RegisterForm, answer: Answer = DONE
) -> HttpResponse:
    values = _frame(slug) | {"form": form, "answer": answer}
    return render(request, "registrar/register.html", values, status=answer.status)


def _frame(slug: str) -> dict[str, object]:
    campaign = campaigns.campaign(slug)
    return {"campaign": campaign, "plan": campaigns.latest_plan(campaign.pk)}


@allowed(Act.BOOK_FOR_OTHERS)
def reviews(request: HttpRequest, slug: str) -> HttpResponse:
    """Registrations that wait for a decision."""
    campaign = campaigns.campaign(slug)
    actor, now = actor_of(request), datetime.now(UTC)
    paths = people_search.paths_of(actor, campaign)
    waiting, rows = registrations.reviews(slug, paths, actor=actor, now=now)
    return render(
        request,
        "registrar/reviews.html",
        {
            "campaign": campaign,
            "plan": campaigns.latest_plan(campaign.pk),
            "rows": rows,
            "more": waiting - len(rows),
        },
    )


@allowed(Act.BOOK_FOR_OTHERS)
def review(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """One registration beside those it may be; the desk decides."""
    if request.method == "GET":
        return _review(request, slug, key)
    form, onward = DecideForm(request.POST), redirect("registrar-reviews", slug=slug)

    def act() -> None:
        nonlocal onward
        actor, now = actor_of(request), datetime.now(UTC)
        with suppress(Conflict):  # somebody was quicker
            cmd = registrations.Decide(
                campaign=slug,
                registration=key,
                person=form.cleaned_data["person"],
                document=form.cleaned_data["document"],
                reached=form.cleaned_data["reached"],
            )
            found = registrations.decide(cmd, actor=actor, now=now)
            onward = redirect("registrar-person", slug=slug, key=found.pk)

    return run(
        act,
        form=form,
        again=lambda answer: _review(request, slug, key, answer),
        to=lambda: onward,
    )


def _review(request: HttpRequest, slug: str, key: int, answer: Answer = DONE) -> HttpResponse:
    actor, now = actor_of(request), datetime.now(UTC)
    try:
        seen = registrations.open_review(slug, key, actor=actor, now=now)
    except NotAllowed:
        raise PermissionDenied(Act.BOOK_FOR_OTHERS.value) from None
    except Conflict:  # somebody was quicker
        return redirect("registrar-reviews", slug=slug)
    values = _frame(slug) | {"plan": None, "seen": seen, "answer": answer}
    return render(request, "registrar/review.html", values, status=answer.status)


# ---- two records of one person ---------------------------------------------------------------


@allowed(Act.BOOK_FOR_OTHERS)
def merge(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """This record and another: shown side by side, then merged into this one."""
    if request.method == "GET":
        return _merge(request, slug, key, request.GET.get("other", "").strip()[:60])
    form, actor, now = MergeForm(request.POST), actor_of(request), datetime.now(UTC)

    def act() -> None:
        other = _other(request, slug, key, form.cleaned_data["other"])
        reason = form.cleaned_data["reason"]
        taking = form.cleaned_data["taking"]
        people_merge.merge_people(key, other, reason=reason, actor=actor, now=now, taking=taking)

    return run(
        act,
        form=form,
        again=lambda answer: _merge(
            request, slug, key, form.cleaned_data.get("other", ""), answer, form
        ),
        to=lambda: redirect("registrar-person", slug=slug, key=key),
    )


def _other(request: HttpRequest, slug: str, key: int, text: str) -> int:
    """The one other record that the text finds."""
    found = people_search.find(slug, text, actor=actor_of(request), now=datetime.now(UTC))
    others = [p.pk for p in found.people if p.pk != key]
    if len(others) != 1:
        raise BadInput(gettext_noop("Enter the number of exactly one other record."))
    return others[0]


def _merge(
    request: HttpRequest,
    slug: str,
    key: int,
    text: str,
    answer: Answer = DONE,
    sent: MergeForm | None = None,
) -> HttpResponse:
    """Both records; `sent` is the form that could not be done."""
    actor, now, seen = actor_of(request), datetime.now(UTC), None

    def look() -> None:
        nonlocal seen
        other = _other(request, slug, key, text)
        seen = merge_choice.preview(key, other, actor=actor, now=now)

    try:
        kept = desk.open_person(slug, key, actor=actor, now=now).person
    except NotAllowed:
        raise PermissionDenied(Act.BOOK_FOR_OTHERS.value) from None
    except Refusal:
        raise Http404(gettext("There is no such person.")) from None
    found = attempt(look) if text else DONE
    answer = answer if answer.problems else found
    values = _frame(slug) | {"kept": kept, "seen": seen, "other": text, "answer": answer}
    values["form"] = sent or MergeForm(initial={"other": text})
    if seen is None:
        values["candidates"] = merge_choice.candidates(key, slug, actor=actor, now=now)
    else:
        values["facts"] = [(COLUMNS[f.name], f, f.name in people_merge.FACTS) for f in seen.facts]
    return render(request, "registrar/merge.html", values, status=answer.status)


@require_POST
@allowed(Act.BOOK_FOR_OTHERS)
def undo(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Two people after all."""
    form = UndoForm(request.POST)

    def act() -> None:
        actor, now = actor_of(request), datetime.now(UTC)
        with suppress(Conflict):  # it is undone, which is what was asked for
            people_merge.undo_merge(form.cleaned_data["merge"], actor=actor, now=now)

    return run(
        act,
        form=form,
        again=lambda answer: show_person(request, slug, key, answer),
        to=lambda: redirect("registrar-person", slug=slug, key=key),
    )
