"""Doses that cannot be as they were told: somebody looks, and they count or go."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from balmis.contexts.safety.held_doses import HeldDose
from balmis.core.roles import Act
from balmis.core.vocabulary.clinic import DoseKind, HeldEnd
from balmis.flows.clinic.held_doses import SettleHeld, find_held, settle_held
from balmis.web.labels.clinic import FLAGS
from balmis.web.labels.common import KINDS_OF_ONE
from balmis.web.registrar.list_look import frame
from balmis.web.shared.acting import DONE, attempt
from balmis.web.shared.forms import KeyField, Label, ReasonField, RowForm, enum_field, offer
from balmis.web.shared.requests import actor_of, allowed

ENDS = {
    HeldEnd.STANDS: _("It was given as it is recorded: count it"),
    HeldEnd.EARLIER: _("Told twice: the earlier record is right, take this one back"),
    HeldEnd.THIS: _("Told twice: this record is right, take the earlier one back"),
    HeldEnd.NOT_GIVEN: _("It was never given: take it back"),
    HeldEnd.WRONG_PERSON: _("Somebody else had it: take it back here"),
}
ALONE = (HeldEnd.STANDS, HeldEnd.NOT_GIVEN, HeldEnd.WRONG_PERSON)


class HeldForm(RowForm):
    """What was found out about a dose."""

    key = "dose"
    dose = KeyField()
    end = enum_field(HeldEnd, ENDS, _("What was found out?"), ask=_("Say what was found out."))
    note = ReasonField(_("By what do you know it?"), most=500, ask=_("Say by what you know it."))


def _form(one: HeldDose, sent: HeldForm | None) -> HeldForm:
    """Of what can be said of this one."""
    form = HeldForm.of(one.dose.pk, sent)
    if one.alike is None:
        offer(form, "end", [("", _("Choose …")), *((e.value, ENDS[e]) for e in ALONE)])
    return form


@require_http_methods(["GET", "POST"])
@allowed(Act.CORRECT_DOSE)
def held_doses(request: HttpRequest, slug: str) -> HttpResponse:
    """Those of the desk's people."""
    form = HeldForm.sent(request.POST) if request.method == "POST" else None
    actor, now = actor_of(request), datetime.now(UTC)

    def act() -> None:
        assert form is not None
        said = form.cleaned_data
        cmd = SettleHeld(campaign=slug, dose_id=said["dose"], end=said["end"], note=said["note"])
        settle_held(cmd, actor=actor, now=now)

    answer = attempt(act, form) if form is not None else DONE
    if form is not None and answer:
        return redirect("registrar-held", slug=slug)
    rows = [
        (
            one,
            [FLAGS[r] for r in one.reasons],
            _kind(one.dose.kind),
            one.alike and _kind(one.alike.kind),
            _form(one, form),
        )
        for one in find_held(slug, actor=actor, now=now)
    ]
    values = frame(slug) | {"rows": rows, "answer": answer}
    return render(request, "registrar/held_doses.html", values, status=answer.status)


def _kind(kind: str) -> Label:
    return KINDS_OF_ONE[DoseKind(kind)]
