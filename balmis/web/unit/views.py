"""The unit coordinator's desk: who of my people is still missing, and why?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.units import queries
from balmis.core.errors import BadInput
from balmis.core.roles import Act
from balmis.core.schedule.texts import FINDINGS
from balmis.core.vocabulary.schedule import Finding
from balmis.core.vocabulary.units import RosterStatus, Willingness
from balmis.flows.units import blocks, unit_links
from balmis.flows.units import rosters as flow
from balmis.web.shared.acting import run
from balmis.web.shared.requests import actor_of, allowed
from balmis.web.shared.uploads import read_book
from balmis.web.unit.forms import (
    ATTEST,
    END,
    LEFT,
    AnswerForm,
    BookForm,
    LinkForm,
    RosterForm,
)
from balmis.web.unit.page import show_unit, unit_of

PROBLEMS = 50


@allowed(Act.READ_PLAN)
def choose(request: HttpRequest, slug: str) -> HttpResponse:
    """The only unit the person leads, or a choice."""
    campaign, actor = campaigns.campaign(slug), actor_of(request)
    led = queries.led_by(actor.name)
    found = [
        u
        for u in queries.units(campaign.pk)
        if u.pk in led or access.may(actor, Act.KEEP_UNITS, area=u.area)
    ]
    if len(found) == 1:
        return redirect("unit", slug=slug, code=found[0].code)
    return render(
        request,
        "unit/choose.html",
        {"campaign": campaign, "units": found, "plan": campaigns.latest_plan(campaign.pk)},
    )


@allowed(Act.READ_PLAN)
def show(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Coverage of the roster, the people behind each number, and the unit's block."""
    unit = unit_of(request, slug, code)
    return show_unit(request, slug, unit)


@require_POST
@allowed(Act.READ_PLAN)
def roster(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """A list is read: right rows go in, the others are shown with their row and what is wrong."""
    unit = unit_of(request, slug, code)
    form, found = RosterForm(request.POST, request.FILES), list[flow.Imported]()
    dry = "dry_run" in request.POST

    def act() -> None:
        try:
            cmd = flow.ImportRoster(
                campaign=slug,
                unit=code,
                book=read_book(form.cleaned_data["file"]),
                page=form.cleaned_data["page"] or None,
                day_first=form.day_first(),
                dry_run=dry,
            )
            found.append(flow.import_roster(cmd, actor=actor_of(request), now=datetime.now(UTC)))
        except BadInput as problem:  # it is the file that it is about
            field = problem.problems[0] if problem.problems else "file"
            at = field if field in form.fields else "file"
            raise BadInput(str(problem), (at,)) from None

    return run(
        act,
        form=form,
        again=lambda answer: show_unit(request, slug, unit, answer, form),
        to=lambda: show_unit(
            request, slug, unit, imported=found[0], problems=found[0].problems[:PROBLEMS], dry=dry
        ),
    )


@require_POST
@allowed(Act.READ_PLAN)
def book(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Book everyone who is willing, or those ticked, into the block in one act."""
    unit, actor, now = unit_of(request, slug, code), actor_of(request), datetime.now(UTC)
    form, done = BookForm(request.POST, name="people"), list[blocks.Grouped]()

    def act() -> None:
        chosen, request_id = form.cleaned_data["person"], form.cleaned_data["request_id"]
        if "all" in request.POST:
            seen = flow.standing(slug, code, actor=actor, now=now)
            open_ = (RosterStatus.WILLING, RosterStatus.NOT_REACHED)
            chosen = [m.person for m in seen.members if m.status in open_]
        done.append(
            blocks.book_group(
                blocks.BookGroup(campaign=slug, unit=code, chosen=chosen, request_id=request_id),
                actor=actor,
                now=now,
            )
        )

    return run(
        act,
        form=form,
        again=lambda answer: show_unit(request, slug, unit, answer, form),
        to=lambda: show_unit(request, slug, unit, booked=done[0], why=_why(done[0])),
    )


def _why(done: blocks.Grouped) -> list[tuple[str, int]]:
    """In words why people could not be booked, and how many."""
    return [
        (gettext(FINDINGS[Finding(k)]).split("{")[0] if k in set(Finding) else k, n)
        for k, n in done.not_due.items()
    ]


@require_POST
@allowed(Act.READ_PLAN)
def answers(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """What the ticked people said, or that they have left."""
    unit, form = unit_of(request, slug, code), AnswerForm(request.POST, name="people")
    common: dict[str, Any] = {"actor": actor_of(request), "now": datetime.now(UTC)}

    def act() -> None:
        said, people = form.cleaned_data["answer"], form.cleaned_data["person"]
        if said == LEFT:
            flow.change_roster(
                flow.ChangeRoster(campaign=slug, unit=code, leaving=people), **common
            )
        elif said == ATTEST:
            flow.change_roster(flow.ChangeRoster(campaign=slug, unit=code, attest=True), **common)
        else:
            answer, reason = Willingness(said), form.cleaned_data["reason"]
            flow.change_roster(
                flow.ChangeRoster(
                    campaign=slug, unit=code, answers=people, answer=answer, reason=reason
                ),
                **common,
            )

    return run(
        act,
        form=form,
        again=lambda answer: show_unit(request, slug, unit, answer, form),
        to=lambda: redirect("unit", slug=slug, code=code),
    )


@require_POST
@allowed(Act.READ_PLAN)
def link(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """A link with which people join by themselves: made, in place of the one before, or ended."""
    unit, form = unit_of(request, slug, code), LinkForm(request.POST, name="link")
    actor, now = actor_of(request), datetime.now(UTC)

    def act() -> None:
        if form.cleaned_data["do"] == END:
            unit_links.end_link(slug, code, actor=actor, now=now)
            return
        request_id = form.cleaned_data["request_id"]
        cmd = unit_links.MakeLink(request_id=request_id, campaign=slug, unit=code)
        unit_links.make_link(cmd, actor=actor, now=now)

    return run(
        act,
        form=form,
        again=lambda answer: show_unit(request, slug, unit, answer, form),
        to=lambda: redirect(f"{reverse('unit', args=[slug, code])}#join"),
    )
