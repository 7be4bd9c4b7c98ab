"""The trail, by who, what, of whom and when; as a page and as a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET

from balmis.contexts.access.queries import actors_of, names_of, zone_of
from balmis.contexts.journal.audit import LinesWanted
from balmis.core.access.lookups import LOOKUPS
from balmis.core.dates import instant
from balmis.core.roles import Act
from balmis.core.spreadsheet_cells import neutral
from balmis.flows.access.lookups import check_may_read
from balmis.flows.access.trail import people_known_as, read_trail
from balmis.web.shared.forms import CountField, DayField, Form, TextField
from balmis.web.shared.requests import actor_of, allowed, csv_answer, refused_as_forbidden

if TYPE_CHECKING:
    from balmis.contexts.journal.models import AuditEntry

MOST, MOST_IN_FILE = 100, 100_000
LARGEST = 2**63 - 1
BEFORE = re.compile("[0-9]{1,18}")
HEAD = ("line", "at", "actor", "name", "action", "subject", "reason", "request", "facts")


class TrailForm(Form):
    """Which lines."""

    since = DayField(gettext_lazy("From this day"), required=False)
    until = DayField(gettext_lazy("To this day"), required=False)
    who = TextField(
        pgettext_lazy("trail", "Who"),
        most=150,
        required=False,
        help_text=gettext_lazy("A user name, or system:notices"),
    )
    whom = TextField(
        gettext_lazy("Of whom"),
        most=60,
        required=False,
        help_text=gettext_lazy("The number in the register"),
    )
    record = CountField(
        pgettext_lazy("trail", "Record"),
        most=LARGEST,
        required=False,
        help_text=gettext_lazy("As the trail has it: 12"),
    )
    action = TextField(
        pgettext_lazy("trail", "What"),
        most=60,
        required=False,
        help_text=gettext_lazy("An action, or how it begins: dose."),
    )
    looks = forms.BooleanField(label=gettext_lazy("Looks at people only"), required=False)

    def clean_who(self) -> str:
        """As the trail has them."""
        text = str(self.cleaned_data["who"]).strip()
        if not text or ":" in text:
            return text
        if text.isascii() and text.isdigit():
            return f"user:{text}"
        found = actors_of([text]).get(text)
        if found is None:
            raise forms.ValidationError(gettext("Nobody signs in with this name."))
        return found

    def clean_whom(self) -> frozenset[int] | None:
        """The records of the person."""
        text = str(self.cleaned_data["whom"]).strip()
        if not text:
            return None
        found = people_known_as(text)
        if not found:
            raise forms.ValidationError(gettext("No register has this number."))
        return found

    def wanted(self, most: int, zone: str, before: int | None = None) -> LinesWanted:
        """What was asked for, by the clock of this zone; everything where nothing was."""
        asked = self.cleaned_data
        record = asked["record"]
        return LinesWanted(
            since=_start(asked["since"], zone),
            until=_start(asked["until"] and asked["until"] + timedelta(days=1), zone),
            actor=asked["who"],
            action=asked["action"].strip(),
            actions=LOOKUPS if asked["looks"] else frozenset(),
            people=asked["whom"] if record is None else frozenset({record}),
            before=before,
            most=most,
        )


def _start(day: date | None, zone: str) -> datetime | None:
    return None if day is None else instant(day, time(), zone)


def own_zone(request: HttpRequest) -> str:
    """The clock by which the reader works."""
    return zone_of(request.user.pk)  # type: ignore[arg-type]


@require_GET
@allowed(Act.READ_TRAIL)
@refused_as_forbidden
def show(request: HttpRequest) -> HttpResponse:
    """The newest lines first; that they were read is a line, too."""
    check_may_read(actor_of(request))
    form = TrailForm(request.GET)
    zone = own_zone(request)
    shown: dict[str, object] = {"form": form, "zone": zone}
    if not form.is_valid():
        return render(request, "audit/trail.html", shown, status=400)
    before = request.GET.get("before", "")
    wanted = form.wanted(MOST + 1, zone, int(before) if BEFORE.fullmatch(before) else None)
    lines = list(read_trail(wanted, actor=actor_of(request), now=datetime.now(UTC)))
    more, lines = len(lines) > MOST, lines[:MOST]
    names = names_of([line.actor for line in lines])
    asked = {k: v for k, v in request.GET.items() if v and k != "before"}
    older = urlencode(asked | {"before": lines[-1].pk}) if more else ""
    shown |= {
        "found": [(line, names.get(line.actor, ""), list(_facts(line))) for line in lines],
        "older": older,
        "first": not wanted.before,
        "file": f"{reverse('trail-csv')}?{urlencode(asked)}",
        "most_in_file": MOST_IN_FILE,
    }
    return render(request, "audit/trail.html", shown)


def _facts(line: AuditEntry) -> Iterator[tuple[str, str]]:
    """What the line says besides, in a form that fits a page: of a long list how long it is."""
    for name, value in line.facts.items():
        if isinstance(value, list) and len(value) > 5:
            yield name, gettext("%(number)d of them") % {"number": len(value)}
        elif isinstance(value, dict | list):
            yield name, json.dumps(value, ensure_ascii=False)[:200]
        else:
            yield name, str(value)[:200]


@require_GET
@allowed(Act.READ_TRAIL)
@refused_as_forbidden
def export(request: HttpRequest) -> HttpResponse:
    """The same lines, as a file for a spreadsheet."""
    check_may_read(actor_of(request))
    form = TrailForm(request.GET)
    if not form.is_valid():
        return render(request, "audit/trail.html", {"form": form}, status=400)
    wanted = form.wanted(MOST_IN_FILE, own_zone(request))
    lines = list(read_trail(wanted, actor=actor_of(request), now=datetime.now(UTC)))
    names = names_of(sorted({line.actor for line in lines}))
    return csv_answer("trail", HEAD, (list(_cells(line, names)) for line in lines))


def _cells(line: AuditEntry, names: dict[str, str]) -> Iterable[object]:
    facts = json.dumps(line.facts, ensure_ascii=False)
    yield from (line.pk, line.at.isoformat())
    texts = (line.actor, names.get(line.actor, ""), line.action, line.subject, line.reason)
    yield from map(neutral, (*texts, str(line.request_id or ""), facts))
