"""The fridges of a site: how warm they are, what was out of range, and what is decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.coldchain import queries as coldchain
from balmis.contexts.places import queries as places
from balmis.contexts.supply import stock_book
from balmis.core.coldchain.excursions import RANGES
from balmis.core.coldchain.mean_kinetic_temperature import mean_kinetic
from balmis.core.errors import Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary.coldchain import Condition, EquipmentKind, Ruling, Side, Source
from balmis.flows.coldchain import readings as coldchain_readings
from balmis.flows.coldchain.equipment import Fridge, fridges_of
from balmis.web.labels import coldchain as words
from balmis.web.shared.acting import DONE, Answer, attempt, run
from balmis.web.shared.charts import THEMES
from balmis.web.shared.forms import Form, Label
from balmis.web.shared.requests import actor_of, allowed, csv_answer, posted
from balmis.web.shared.uploads import read_logger
from balmis.web.store.fridge_forms import (
    ChangeForm,
    EnterForm,
    LoggerForm,
    ReadingForm,
    SensorForm,
    StowForm,
    WithdrawForm,
)
from balmis.web.store.shelf import kept_site
from balmis.web.store.temperature_chart import draw_fridge

if TYPE_CHECKING:
    from balmis.contexts.coldchain.models import Equipment, Excursion

SHOWN = (1, 7, 30)  # days of the chart


def _equipment(request: HttpRequest, slug: str, site: str, code: str) -> Equipment:
    try:
        return coldchain.equipment(kept_site(request, slug, site).pk, code)
    except Refusal:
        raise Http404(gettext("There is no such equipment.")) from None


@require_GET
@allowed(Act.MOVE_STOCK)
def show_all(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    return _all(request, slug, site)


def _all(
    request: HttpRequest,
    slug: str,
    code: str,
    answer: Answer = DONE,
    sent: Form | None = None,
) -> HttpResponse:
    """The page; `sent` is the form that could not be done, as it was sent."""
    site, campaign = kept_site(request, slug, code), campaigns.campaign(slug)
    policy = campaigns.policy_of(campaign.pk).supply
    found = fridges_of([site.pk], policy, now=datetime.now(UTC))
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "site": site,
        "answer": answer,
        "fridges": [_row(f, site.time_zone) for f in found],
        "enter": sent if isinstance(sent, EnterForm) else EnterForm(name="new"),
        "undecided": sum(f.undecided for f in found),
        "amiss": sum(words.LOOKUPS[f.look][0] == "bad" for f in found),
    }
    return render(request, "store/fridges.html", values, status=answer.status)


@dataclass(frozen=True, slots=True)
class FridgeRow:
    """A fridge as the list shows it, and the form of a reading of now."""

    fridge: Fridge
    mark: tuple[str, Label]
    kind: Label
    reading: ReadingForm


def _row(fridge: Fridge, zone: str) -> FridgeRow:
    e = fridge.equipment
    form = ReadingForm(name=f"read-{e.pk}", zone=zone)
    celsius = form.fields["celsius"]
    celsius.label = gettext("Temperature of %(code)s in °C") % {"code": e.code}
    celsius.widget.attrs["placeholder"] = "°C"
    return FridgeRow(
        fridge, words.LOOKUPS[fridge.look], words.EQUIPMENT[EquipmentKind(e.kind)], form
    )


@posted("fridges")
@allowed(Act.MOVE_STOCK)
def keep(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """Enter equipment in the register, or change it."""
    place, sent = kept_site(request, slug, site), request.POST
    code = sent.get("code", "").strip()
    there = {e.code for e in coldchain.equipment_of([place.pk], retired=True)}
    known = "new" not in sent and code in there
    form = ChangeForm(sent, name="change") if known else EnterForm(sent, name="new")

    def act() -> None:
        coldchain_readings.keep_equipment(
            site,
            _stated(form.cleaned_data),
            new="new" in sent,
            actor=actor_of(request),
            now=datetime.now(UTC),
        )

    def again(answer: Answer) -> HttpResponse:
        if known:
            return _one(request, slug, site, code, answer, form)
        return _all(request, slug, site, answer, form)

    return run(
        act,
        form=form,
        again=again,
        to=lambda: redirect("fridge", slug=slug, site=site, code=form.cleaned_data["code"]),
    )


def _stated(asked: dict[str, Any]) -> coldchain_readings.Register:
    return coldchain_readings.Register(
        code=asked["code"],
        kind=asked["kind"],
        litres=asked["litres"],
        make=asked["make"],
        holdover_hours=asked.get("holdover"),
        qualified_until=asked.get("qualified"),
        serviced_on=asked.get("serviced"),
        condition=asked.get("condition", Condition.WORKING),
    )


@require_GET
@allowed(Act.MOVE_STOCK)
def show(request: HttpRequest, slug: str, site: str, code: str) -> HttpResponse:
    return _one(request, slug, site, code)


def _one(
    request: HttpRequest,
    slug: str,
    site_code: str,
    code: str,
    answer: Answer = DONE,
    sent: Form | None = None,
    **more: object,
) -> HttpResponse:
    """The page; `sent` is the form that could not be done, as it was sent."""
    equipment, campaign = _equipment(request, slug, site_code, code), campaigns.campaign(slug)
    now = datetime.now(UTC)
    policy = campaigns.policy_of(campaign.pk).supply
    found_all = fridges_of([equipment.site_id], policy, now=now)
    fridge = next((f for f in found_all if f.equipment.pk == equipment.pk), None)
    span = _span(request, equipment.pk, now)
    readings = coldchain.readings(equipment, span)
    found = list(coldchain.excursions_of([equipment.pk])[:50])
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "site": equipment.site,
        "answer": answer,
        "equipment": equipment,
        "kind": words.EQUIPMENT[EquipmentKind(equipment.kind)],
        "fridge": fridge,
        "mark": words.LOOKUPS[fridge.look] if fridge else ("", words.CONDITIONS[Condition.RETIRED]),
        "source": words.SOURCES[Source(fridge.last.source)] if fridge and fridge.last else "",
        "excursions": [(e, words.SIDES[Side(e.side)], ruling_of(e)) for e in found],
        "undecided": sum(not e.ruling for e in found),
        "days": _days(request),
        "spans": SHOWN,
        "until": span[1],
        "readings": len(readings),
        "lowest": min((r.celsius for r in readings), default=None),
        "highest": max((r.celsius for r in readings), default=None),
        "kinetic": mean_kinetic(readings),
    }
    forms = _forms(equipment, sent, now)
    return render(request, "store/fridge.html", values | forms | more, status=answer.status)


def _forms(equipment: Equipment, sent: Form | None, now: datetime) -> dict[str, object]:
    """The forms of the page, one of them perhaps as it was sent."""
    stowed, zone = coldchain.where_stowed(equipment.site_id), equipment.site.time_zone
    local = now.astimezone(ZoneInfo(zone))
    by_hand = coldchain.read_by_hand(equipment.pk)
    return {
        "reading": sent
        if isinstance(sent, ReadingForm)
        else ReadingForm(name="hand", zone=zone, initial={"at": local}),
        "by_hand": [(r, WithdrawForm.of(r.pk, sent)) for r in by_hand],
        "taking_back": isinstance(sent, WithdrawForm),
        "logger": sent if isinstance(sent, LoggerForm) else LoggerForm(name="logger"),
        "lots": [
            (s, stowed.get(s.lot.pk), StowForm.of(s.lot.pk))
            for s in stock_book.shelves(equipment.site_id)
        ],
        "change": sent if isinstance(sent, ChangeForm) else _change(equipment),
        "sensor": SensorForm(name="sensor"),
    }


def _change(equipment: Equipment) -> ChangeForm:
    """What the register says, to be changed."""
    said = {
        "code": equipment.code,
        "kind": equipment.kind,
        "condition": equipment.condition,
        "litres": equipment.litres,
        "make": equipment.make,
        "holdover": equipment.holdover_hours,
        "qualified": equipment.qualified_until,
        "serviced": equipment.serviced_on,
    }
    return ChangeForm(name="change", initial=said)


def ruling_of(excursion: Excursion) -> Any:
    """In words; empty while nothing is decided."""
    return words.RULINGS[Ruling(excursion.ruling)] if excursion.ruling else ""


def _days(request: HttpRequest) -> int:
    text = request.GET.get("days", "")
    return int(text) if text in {str(d) for d in SHOWN} else 7


def _span(request: HttpRequest, equipment_id: int, now: datetime) -> tuple[datetime, datetime]:
    """To now; or, of a logger that was read long ago, to its last reading."""
    last = coldchain.last_reading_at(equipment_id)
    days = timedelta(days=_days(request))
    end = now if last is None or last > now - days else last
    return end - days, end


@require_GET
@allowed(Act.MOVE_STOCK)
def chart(request: HttpRequest, slug: str, site: str, code: str, theme: str) -> HttpResponse:
    """The temperature over the days, as SVG."""
    if theme not in THEMES:
        raise Http404
    equipment = _equipment(request, slug, site, code)
    readings = coldchain.readings(equipment, _span(request, equipment.pk, datetime.now(UTC)))
    size = {"width": 420, "height": 300} if request.GET.get("size") == "narrow" else {}
    limits = RANGES[EquipmentKind(equipment.kind).storage]
    svg = draw_fridge(readings, limits, equipment.site.time_zone, theme=theme, **size)
    return HttpResponse(svg, content_type="image/svg+xml")


@require_GET
@allowed(Act.MOVE_STOCK)
def data(request: HttpRequest, slug: str, site: str, code: str) -> HttpResponse:
    """The readings of the chart as CSV; read back in, they change nothing."""
    equipment = _equipment(request, slug, site, code)
    readings = coldchain.readings(equipment, _span(request, equipment.pk, datetime.now(UTC)))
    rows = ([r.at.isoformat(), r.celsius, r.source] for r in readings)
    return csv_answer(f"{equipment.site.code}-{code}", ["time", "temperature", "source"], rows)


@posted("fridge")
@allowed(Act.MOVE_STOCK)
def read(request: HttpRequest, slug: str, site: str, code: str) -> HttpResponse:
    """A reading by hand, or a logger's file."""
    equipment = _equipment(request, slug, site, code)
    if "file" in request.POST:
        return _read_file(request, slug, site, code)
    form = ReadingForm(request.POST, name="hand", zone=equipment.site.time_zone)

    def act() -> None:
        at, celsius, now = form.cleaned_data["at"], form.cleaned_data["celsius"], datetime.now(UTC)
        coldchain_readings.read_by_hand(
            coldchain_readings.ReadByHand(site=site, equipment=code, at=at or now, celsius=celsius),
            actor=actor_of(request),
            now=now,
        )

    return run(
        act,
        form=form,
        again=lambda answer: _one(request, slug, site, code, answer, form),
        # a reload reads nothing again
        to=lambda: redirect("fridge", slug=slug, site=site, code=code),
    )


def _read_file(request: HttpRequest, slug: str, site: str, code: str) -> HttpResponse:
    form = LoggerForm(request.POST, request.FILES, name="logger")
    heard = list[coldchain_readings.Heard]()

    def act() -> None:
        zone, file = places.site(site).time_zone, form.cleaned_data["readings"]
        rows = read_logger(file, time_zone=zone, day_first=form.day_first())
        cmd = coldchain_readings.TakeFile(site=site, equipment=code, rows=rows)
        heard.append(
            coldchain_readings.take_file(cmd, actor=actor_of(request), now=datetime.now(UTC))
        )

    answer = attempt(act, form)
    told = heard[0] if heard else None
    return _one(request, slug, site, code, answer, form if not answer else None, heard=told)


@posted("fridge")
@allowed(Act.MOVE_STOCK)
def change(request: HttpRequest, slug: str, site: str, code: str) -> HttpResponse:
    """Put a lot into the equipment, take back a reading, or make a secret for a sensor."""
    _equipment(request, slug, site, code)
    actor, now, made = actor_of(request), datetime.now(UTC), list[str]()
    sent, form = request.POST, _change_sent(request)

    def act() -> None:
        asked = form.cleaned_data
        if "reading" in sent:
            key, reason = asked["reading"], asked["reason"]
            coldchain_readings.withdraw_reading(
                coldchain_readings.WithdrawReading(
                    site=site, equipment=code, reading_id=key, reason=reason
                ),
                actor=actor,
                now=now,
            )
        elif "sensor" in sent:
            request_id = asked["request_id"]
            made.append(
                coldchain_readings.make_sensor(site, code, request_id, actor=actor, now=now)
            )
        else:
            coldchain_readings.put_away(site, code, asked["lot"], actor=actor, now=now)

    answer = attempt(act, form)
    told = {
        "secret": made[0] if made else None,
        "address": request.build_absolute_uri(reverse("api:sensor_readings")),
    }
    return _one(request, slug, site, code, answer, form if not answer else None, **told)


def _change_sent(request: HttpRequest) -> WithdrawForm | SensorForm | StowForm:
    if "reading" in request.POST:
        return WithdrawForm.sent(request.POST)
    if "sensor" in request.POST:
        return SensorForm(request.POST, name="sensor")
    return StowForm.sent(request.POST)
