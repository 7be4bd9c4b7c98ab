"""Unusual looks at people: what was seen, and what it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from balmis.contexts.access.queries import names_of
from balmis.core.roles import Act
from balmis.core.vocabulary.access import LookupSign
from balmis.flows.access.lookups import check_may_read, open_alarms, settle_alarm, settled_alarms
from balmis.flows.access.trail import newest_head
from balmis.web.audit.trail import own_zone
from balmis.web.labels.access import LOOKUP_SIGNS
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.forms import Form, ReasonField
from balmis.web.shared.requests import actor_of, allowed, refused_as_forbidden

if TYPE_CHECKING:
    from balmis.contexts.access.models import LookupAlarm

SETTLED = 20


class SettleForm(Form):
    """What it was."""

    note = ReasonField(_("What was it, and whom did you ask?"), most=500, rows=2)


@require_GET
@allowed(Act.READ_TRAIL)
@refused_as_forbidden
def show(request: HttpRequest) -> HttpResponse:
    """Those that are open first."""
    check_may_read(actor_of(request))
    return _page(request)


@require_POST
@allowed(Act.READ_TRAIL)
@refused_as_forbidden
def settle(request: HttpRequest, key: int) -> HttpResponse:
    """Say what it was."""
    form = SettleForm(request.POST, name=f"settle-{key}")
    return run(
        lambda: settle_alarm(
            key, form.cleaned_data["note"], actor=actor_of(request), now=datetime.now(UTC)
        ),
        form=form,
        again=lambda answer: _page(request, form, key, answer),
        to=lambda: redirect("audit"),
    )


def _page(
    request: HttpRequest,
    sent: SettleForm | None = None,
    key: int | None = None,
    answer: Answer = DONE,
) -> HttpResponse:
    actor = actor_of(request)
    waiting, done = open_alarms(actor=actor), settled_alarms(actor=actor, most=SETTLED)
    names = names_of([a.about for a in (*waiting, *done)] + [a.settled_by for a in done])
    shown = {
        "answer": answer,
        "alarms": [
            (
                a,
                _said(a, names),
                _lines(a),
                sent if sent is not None and a.pk == key else SettleForm(name=f"settle-{a.pk}"),
            )
            for a in waiting
        ],
        "settled": [
            (a, _said(a, names), _lines(a), names.get(a.settled_by, a.settled_by)) for a in done
        ],
        "head": newest_head(),
        "zone": own_zone(request),
    }
    return render(request, "audit/alarms.html", shown, status=answer.status)


def _said(alarm: LookupAlarm, names: dict[str, str]) -> str:
    who = names.get(alarm.about, alarm.about.removeprefix("person:"))
    return str(LOOKUP_SIGNS[LookupSign(alarm.sign)]) % {"who": who, "number": alarm.number}


def _lines(alarm: LookupAlarm) -> str:
    """The address of the lines that it is about."""
    kind, _, key = alarm.about.partition(":")
    asked = {"since": alarm.on, "looks": "on", ("who" if kind == "user" else "record"): key}
    return f"{reverse('trail')}?{urlencode(asked)}"
