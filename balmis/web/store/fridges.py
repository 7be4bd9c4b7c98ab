"""The fridges of a site: how warm they are, what was out of range, and what is decided."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.coldchain import queries as coldchain
from balmis.contexts.supply import stock_book
from balmis.core.coldchain.excursions import RANGES
from balmis.core.coldchain.loggers import MOST_BYTES
from balmis.core.coldchain.mean_kinetic_temperature import mean_kinetic
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary.coldchain import Condition, EquipmentKind, Ruling, Side, Source
from balmis.flows.coldchain import quarantine
from balmis.flows.coldchain import readings as coldchain_readings
from balmis.flows.coldchain.equipment import Fridge, fridges_of
from balmis.web.labels import coldchain as words
from balmis.web.labels.common import in_language
from balmis.web.shared.charts import THEMES
from balmis.web.shared.requests import (
    actor_of,
    allowed,
    csv_answer,
    number,
    posted,
    read_day,
    site_of,
)
from balmis.web.store.forms import read_request_id
from balmis.web.store.shelf import kept_site
from balmis.web.store.temperature_chart import draw_fridge

SHOWN = (1, 7, 30)  # days of the chart


def _equipment(request: HttpRequest, slug: str, site: str, code: str) -> Any:
    try:
        return coldchain.equipment(kept_site(request, slug, site).pk, code)
    except Refusal:
        raise Http404(gettext("There is no such equipment.")) from None


def _try(act: Callable[[], object]) -> tuple[str, int]:
    """Do it; what stood against it, and the status to answer with."""
    try:
        act()
    except NotAllowed:
        raise PermissionDenied(Act.MOVE_STOCK.value) from None
    except Refusal as refusal:
        return str(in_language(refusal)), 409
    except BadInput as problem:
        return gettext(str(problem)), 400
    return "", 200


@require_GET
@allowed(Act.MOVE_STOCK)
def show_all(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    return _all(request, slug, site)


def _all(
    request: HttpRequest, slug: str, code: str, problem: str = "", status: int = 200
) -> HttpResponse:
    site, campaign = kept_site(request, slug, code), campaigns.campaign(slug)
    found = fridges_of([site.pk], now=datetime.now(UTC))
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "site": site,
        "fridges": [_row(f) for f in found],
        "problem": problem,
        "filled": request.POST,
        "kinds": words.EQUIPMENT.items(),
        "undecided": sum(f.undecided for f in found),
        "amiss": sum(words.LOOKS[f.look][0] == "bad" for f in found),
    }
    return render(request, "store/fridges.html", values, status=status)


def _row(fridge: Fridge) -> dict[str, Any]:
    e = fridge.equipment
    return {
        "fridge": fridge,
        "mark": words.LOOKS[fridge.look],
        "kind": words.EQUIPMENT[EquipmentKind(e.kind)],
    }


@posted("fridges")
@allowed(Act.MOVE_STOCK)
def keep(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """Enter equipment in the register, or change it."""
    asked = request.POST

    def act() -> None:
        coldchain_readings.keep_equipment(
            site,
            _stated(request),
            new="new" in asked,
            actor=actor_of(request),
            now=datetime.now(UTC),
        )

    problem, status = _try(act)
    if problem:
        return _all(request, slug, site, problem, status)
    return redirect("fridge", slug=slug, site=site, code=asked.get("code", "").strip())


def _stated(request: HttpRequest) -> coldchain_readings.Register:
    asked = request.POST
    try:
        kind, condition = (
            EquipmentKind(asked.get("kind", "")),
            Condition(asked.get("condition", "working")),
        )
    except ValueError:
        raise Http404 from None
    try:
        litres = Decimal(asked.get("litres", "").replace(",", "."))
    except InvalidOperation:
        litres = Decimal(0)
    if not litres.is_finite():
        litres = Decimal(0)
    holdover = number(request, "holdover")
    return coldchain_readings.Register(
        code=asked.get("code", ""),
        kind=kind,
        litres=litres,
        make=asked.get("make", ""),
        holdover_hours=holdover if holdover is not None and holdover < 32_000 else None,
        qualified_until=read_day(asked.get("qualified")),
        serviced_on=read_day(asked.get("serviced")),
        condition=condition,
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
    problem: str = "",
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    equipment, campaign = _equipment(request, slug, site_code, code), campaigns.campaign(slug)
    now = datetime.now(UTC)
    found_all = fridges_of([equipment.site_id], now=now)
    fridge = next((f for f in found_all if f.equipment.pk == equipment.pk), None)
    span = _span(request, equipment.pk, now)
    readings = coldchain.readings(equipment, span)
    stowed = coldchain.where_stowed(equipment.site_id)
    found = list(coldchain.excursions_of([equipment.pk])[:50])
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "site": equipment.site,
        "equipment": equipment,
        "kind": words.EQUIPMENT[EquipmentKind(equipment.kind)],
        "fridge": fridge,
        "problem": problem,
        "mark": words.LOOKS[fridge.look] if fridge else ("", words.CONDITIONS[Condition.RETIRED]),
        "source": words.SOURCES[Source(fridge.last.source)] if fridge and fridge.last else "",
        "excursions": [(e, words.SIDES[Side(e.side)], _ruling(e)) for e in found],
        "undecided": sum(not e.ruling for e in found),
        "days": _days(request),
        "spans": SHOWN,
        "until": span[1],
        "readings": len(readings),
        "lowest": min((r.celsius for r in readings), default=None),
        "highest": max((r.celsius for r in readings), default=None),
        "kinetic": mean_kinetic(readings),
        "kinds": words.EQUIPMENT.items(),
        "conditions": words.CONDITIONS.items(),
        "lots": [(s, stowed.get(s.lot.pk)) for s in stock_book.shelves(equipment.site_id)],
        "by_hand": coldchain.read_by_hand(equipment.pk),
        "typed": request.POST.get("celsius", "")[:7],
        "local_now": now.astimezone(ZoneInfo(equipment.site.time_zone)),
        "most": MOST_BYTES // 1_000_000,
    }
    return render(request, "store/fridge.html", values | more, status=status)


def _ruling(excursion: Any) -> Any:
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
    actor, now, heard = actor_of(request), datetime.now(UTC), list[coldchain_readings.Heard]()

    def act() -> None:
        if "file" in request.POST:
            file = request.FILES.get("readings")
            if file is None or (file.size or 0) > MOST_BYTES:
                raise BadInput(gettext("Choose the logger's file, of at most 2 MB."))
            order = {"day": True, "month": False}.get(request.POST.get("order", ""))
            heard.append(
                coldchain_readings.take_file(
                    site, code, file.read(), day_first=order, actor=actor, now=now
                )
            )
        else:
            at = _time(request.POST.get("at", ""), equipment.site.time_zone) or now
            celsius = _celsius(request.POST.get("celsius", ""))
            heard.append(
                coldchain_readings.read_by_hand(site, code, at, celsius, actor=actor, now=now)
            )

    problem, status = _try(act)
    if not problem and "file" not in request.POST:
        return redirect("fridge", slug=slug, site=site, code=code)  # a reload reads nothing again
    return _one(request, slug, site, code, problem, status, heard=heard[0] if heard else None)


def _celsius(text: str) -> float:
    try:
        value = float(text.strip().replace(",", ".").replace("−", "-"))
    except ValueError:
        raise BadInput(gettext("Write the temperature in °C, like 5.4.")) from None
    return value


def _time(text: str, zone: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        raise BadInput(gettext("This is not a time.")) from None


@posted("fridge")
@allowed(Act.MOVE_STOCK)
def change(request: HttpRequest, slug: str, site: str, code: str) -> HttpResponse:
    """Put a lot into the equipment, take back a reading, or make a secret for a sensor."""
    _equipment(request, slug, site, code)
    actor, now, made = actor_of(request), datetime.now(UTC), list[str]()

    def act() -> None:
        if "reading" in request.POST:
            key, reason = number(request, "reading") or 0, request.POST.get("reason", "")
            coldchain_readings.withdraw_reading(site, code, key, reason, actor=actor, now=now)
        elif "sensor" in request.POST:
            request_id = read_request_id(request)
            made.append(
                coldchain_readings.make_sensor(site, code, request_id, actor=actor, now=now)
            )
        else:
            coldchain_readings.put_away(
                site, code, number(request, "lot") or 0, actor=actor, now=now
            )

    problem, status = _try(act)
    address = request.build_absolute_uri(reverse("api:sensor_readings"))
    return _one(
        request,
        slug,
        site,
        code,
        problem,
        status,
        secret=made[0] if made else None,
        address=address,
    )


@allowed(Act.READ_REPORT)
def excursion(request: HttpRequest, slug: str, site: str, key: int) -> HttpResponse:
    """What was out of range, which lots are concerned, and the decision."""
    place, problem, status = site_of(slug, site), "", 200
    _check_here(key, place.pk)
    short: list[Any] = []
    if request.method == "POST":
        problem, status = _try(lambda: short.extend(_decide(request, key)))
    try:
        found = quarantine.look(key, actor=actor_of(request))
    except NotAllowed:
        raise PermissionDenied(Act.HOLD_LOT.value) from None
    e = found.excursion
    values = {
        "campaign": campaigns.campaign(slug),
        "plan": campaigns.latest_plan(campaigns.campaign(slug).pk),
        "site": place,
        "excursion": e,
        "equipment": e.equipment,
        "problem": problem,
        "side": words.SIDES[Side(e.side)],
        "ruling": _ruling(e),
        "lots": [(c, words.ADVICE[c.advice], c.warm.total_seconds() / 3600) for c in found.lots],
        "may_hold": access.may(actor_of(request), Act.HOLD_LOT, site=place),
        "short": short,
        "free": [c for c in found.lots if c.hold is None and c.left > 0],
        "may_keep": access.may(actor_of(request), Act.MOVE_STOCK, site=place),
        "rulings": words.RULINGS.items(),
        "minutes": (e.ended_at - e.began_at).total_seconds() / 60,
    }
    return render(request, "store/excursion.html", values, status=status)


def _check_here(key: int, site_id: int) -> None:
    """Http404 for an excursion of another site, before anything is done."""
    try:
        found = coldchain.excursion(key)
    except Refusal:
        raise Http404(gettext("There is no such excursion.")) from None
    if found.equipment.site_id != site_id:
        raise Http404(gettext("There is no such excursion."))


def _decide(request: HttpRequest, key: int) -> tuple[Any, ...]:
    """The sessions that are short of doses now."""
    actor, now, asked = actor_of(request), datetime.now(UTC), request.POST
    if "quarantine" in asked:
        lots = [int(x) for x in asked.getlist("lot") if x.isascii() and x.isdigit() and len(x) < 19]
        return quarantine.quarantine(key, lots, actor=actor, now=now).short
    try:
        ruling = Ruling(asked.get("ruling", ""))
    except ValueError:
        raise BadInput(gettext("Choose what was decided.")) from None
    quarantine.decide(key, ruling, asked.get("ground", ""), actor=actor, now=now)
    return ()
