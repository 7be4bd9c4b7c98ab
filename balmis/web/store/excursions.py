"""What was out of range: which lots are concerned, and what is decided about them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from balmis.contexts.access import services as access
from balmis.contexts.access.queries import names_of
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.coldchain import queries as coldchain
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary.coldchain import Ruling, Side
from balmis.flows.coldchain import quarantine
from balmis.flows.coldchain.quarantine import Concerned, Looked
from balmis.web.labels import coldchain as words
from balmis.web.labels.people import doer
from balmis.web.shared.acting import DONE, Answer, attempt
from balmis.web.shared.forms import Form
from balmis.web.shared.requests import actor_of, allowed, site_of
from balmis.web.store.fridge_forms import DecideForm, QuarantineForm
from balmis.web.store.fridges import ruling_of

if TYPE_CHECKING:
    from balmis.contexts.places.models import Site


@allowed(Act.READ_REPORT)
def excursion(request: HttpRequest, slug: str, site: str, key: int) -> HttpResponse:
    """What was out of range, which lots are concerned, and the decision."""
    place = site_of(slug, site)
    _check_here(key, place.pk)
    if request.method != "POST":
        return _show(request, slug, place, key)
    short, form = list[object](), _sent(request)

    def act() -> None:
        asked, actor, now = form.cleaned_data, actor_of(request), datetime.now(UTC)
        if isinstance(form, QuarantineForm):
            short.extend(quarantine.quarantine(key, asked["lot"], actor=actor, now=now).short)
        else:
            quarantine.decide(key, asked["ruling"], asked["ground"], actor=actor, now=now)

    answer = attempt(act, form)
    return _show(request, slug, place, key, answer, None if answer else form, short=short)


def _sent(request: HttpRequest) -> QuarantineForm | DecideForm:
    if "quarantine" in request.POST:
        return QuarantineForm(request.POST, name="hold")
    return DecideForm(request.POST, name="decide")


def _show(
    request: HttpRequest,
    slug: str,
    place: Site,
    key: int,
    answer: Answer = DONE,
    sent: Form | None = None,
    **more: object,
) -> HttpResponse:
    """The page; `sent` is the form that could not be done, as it was sent."""
    found = _looked(request, key)
    e, campaign = found.excursion, campaigns.campaign(slug)
    free = [c for c in found.lots if c.hold is None and c.left > 0]
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "site": place,
        "answer": answer,
        "excursion": e,
        "equipment": e.equipment,
        "side": words.SIDES[Side(e.side)],
        "ruling": ruling_of(e),
        "decided_by": doer(e.decided_by, names_of([e.decided_by])),
        "tone": "good" if e.ruling == Ruling.USE else "bad",
        "lots": [(c, words.ADVICE[c.advice], c.warm.total_seconds() / 3600) for c in found.lots],
        "may_hold": access.may(actor_of(request), Act.HOLD_LOT, site=place),
        "free": free,
        "hold": sent if isinstance(sent, QuarantineForm) else QuarantineForm(name="hold"),
        "ticked": _ticked(sent, free),
        "decide": sent if isinstance(sent, DecideForm) else DecideForm(name="decide"),
        "may_keep": access.may(actor_of(request), Act.MOVE_STOCK, site=place),
        "minutes": (e.ended_at - e.began_at).total_seconds() / 60,
    }
    return render(request, "store/excursion.html", values | more, status=answer.status)


def _looked(request: HttpRequest, key: int) -> Looked:
    try:
        return quarantine.look(key, actor=actor_of(request))
    except NotAllowed:
        raise PermissionDenied(Act.HOLD_LOT.value) from None


def _ticked(sent: Form | None, free: list[Concerned]) -> set[str]:
    """The lots to be held: those that were chosen; at first all."""
    if isinstance(sent, QuarantineForm):
        return set(sent["lot"].value() or ())
    return {str(c.lot.pk) for c in free}


def _check_here(key: int, site_id: int) -> None:
    """Http404 for an excursion of another site, before anything is done."""
    try:
        found = coldchain.excursion(key)
    except Refusal:
        raise Http404(gettext("There is no such excursion.")) from None
    if found.equipment.site_id != site_id:
        raise Http404(gettext("There is no such excursion."))
