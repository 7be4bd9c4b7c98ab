"""The signal board: is anything wrong with a lot, a site, a product?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from balmis.contexts.access import services as access
from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.places import queries as places
from balmis.contexts.safety.exposure import doses_by
from balmis.contexts.supply import lots as supply_lots
from balmis.contexts.supply import products as supply_products
from balmis.core.dates import local_day
from balmis.core.errors import BadInput
from balmis.core.roles import Act
from balmis.core.spreadsheet_cells import neutral
from balmis.core.states import SIGNAL
from balmis.core.vocabulary.safety import HoldKind, HoldScope, HoldStatus, SignalStatus
from balmis.flows.safety import reference_data, signal_board
from balmis.flows.safety.observed_expected import products
from balmis.flows.safety.surveillance import CaseCluster, watch
from balmis.web.labels import safety as words
from balmis.web.labels.formats import decimal, named
from balmis.web.safety.cases import base
from balmis.web.safety.forms import SignalForm
from balmis.web.safety.signal_charts import pictures
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.requests import actor_of, allowed, csv_answer, posted

if TYPE_CHECKING:
    from balmis.contexts.safety.models import Look, Signal

KEPT_SECONDS = 300
PICTURE_SECONDS = 60
MOST_PAIRS = 20
HARDLY = 0.1  # events due below which a vaccine without any is not shown
DENOMINATORS = ("product", "lot", "site", "day", "hour", "vial", "kind", "sex", "age", "band")
RISK = 5.0  # of the lot planted in the rehearsal


def _event(request: HttpRequest) -> str:
    asked = request.GET.get("event", "any_report")
    try:
        return reference_data.event(asked).code
    except BadInput:
        raise Http404 from None


def _found(request: HttpRequest, slug: str, *, kept: bool = False) -> signal_board.SignalBoard:
    """The board as of now; for the pictures of a page as the page had it."""
    actor, event = actor_of(request), _event(request)
    if not access.may(actor, Act.SIGN_HOLD, area=campaigns.campaign(slug).area):
        raise PermissionDenied(Act.SIGN_HOLD.value)
    key = f"board:{slug}:{event}"
    if kept and (found := cache.get(key)) is not None:
        return found  # type: ignore[no-any-return]
    found = signal_board.board(slug, event, actor=actor, now=datetime.now(UTC))
    cache.set(key, found, timeout=PICTURE_SECONDS)
    return found


@require_GET
@allowed(Act.SIGN_HOLD)
def show(request: HttpRequest, slug: str) -> HttpResponse:
    return _show(request, slug)


def _show(
    request: HttpRequest, slug: str, answer: Answer = DONE, sent: SignalForm | None = None
) -> HttpResponse:
    """The page; `sent` is what could not be said of a signal, as it was sent."""
    found, event = _found(request, slug), _event(request)
    made = pictures(found, _looks(request, slug, found))
    watched = [e for e in reference_data.safety_file().events if e.rates]
    windows, threshold, rehearsal = _slow(request, slug, event, found.cases)
    values = base(request, slug) | {
        "found": found,
        "event": event,
        "event_name": words.event_name(event),
        "answer": answer,
        "events": [(e.code, named(e.name)) for e in watched],
        "source": reference_data.event(event).source,
        "pictures": made,
        "query": f"event={event}&signal={request.GET.get('signal', '')[:20]}",
        "clusters": [_cluster(slug, c, found) for c in found.clusters],
        "signals": [_signal(s, sent) for s in found.signals],
        "windows": [_window(w, found) for w in windows],
        "threshold": threshold,
        "rehearsal": rehearsal,
        "risk": RISK,
        "now": found.now,
        **_products(request, slug),
    }
    return render(request, "safety/signals.html", values, status=answer.status)


def _products(request: HttpRequest, slug: str) -> dict[str, object]:
    found = products(slug, actor=actor_of(request), now=datetime.now(UTC))
    shown = [a for a in found.against if a.observed or (a.due and a.due[1] >= HARDLY)]
    return {
        "quiet": len(found.against) - len(shown),
        "against": [{"a": a, "event": words.event_name(a.event)} for a in shown],
        "pairs": [{"p": p, "event": words.event_name(p.event)} for p in found.pairs[:MOST_PAIRS]],
    }


Slow = tuple[list[signal_board.ScanFinding], float, dict[str, object] | None]


def _slow(request: HttpRequest, slug: str, event: str, cases: int) -> Slow:
    """The scan and the rehearsal take a second or two: kept for some minutes, and anew with each case."""
    key = f"signals:{slug}:{event}:{cases}"
    kept = cache.get(key)
    if kept is None:
        actor, now = actor_of(request), datetime.now(UTC)
        windows, threshold = signal_board.scan(slug, event, actor=actor, now=now)
        rehearsal = signal_board.rehearse(slug, event, RISK, actor=actor, now=now)
        kept = (windows, threshold, _rehearsed(rehearsal) if rehearsal else None)
        cache.set(key, kept, timeout=KEPT_SECONDS)
    return kept  # type: ignore[no-any-return]


def _rehearsed(r: Any) -> dict[str, object]:
    held = r.held_on >= 0
    days, doses = r.held_on[held], r.doses_given[held]
    return {
        "false": r.false_alarms,
        "campaigns": r.campaigns,
        "share": r.false_alarms / r.campaigns,
        "found": float(held.mean()),
        "days": float(sorted(days)[len(days) // 2]) if len(days) else None,
        "doses": int(sorted(doses)[len(doses) // 2]) if len(doses) else None,
    }


def _looks(request: HttpRequest, slug: str, found: signal_board.SignalBoard) -> list[Look]:
    """The path of the signal asked for, or of the first."""
    asked = request.GET.get("signal", "")
    chosen = next(
        (s for s in found.signals if str(s.pk) == asked),
        found.signals[0] if found.signals else None,
    )
    return signal_board.path(slug, chosen.look, actor=actor_of(request)) if chosen else []


def _signal(s: Signal, sent: SignalForm | None) -> dict[str, object]:
    look = s.look
    what = look.product.name if look.product else ""
    what = signal_board.lot_name(look.lot) if look.lot else what
    return {
        "s": s,
        "form": SignalForm.of(s.pk, sent),
        "what": what,
        "event": words.event_name(look.event),
        "state": words.SIGNALS[SignalStatus(s.status)],
        "moves": [
            (k, words.SIGNALS[k]) for k in SignalStatus if k in SIGNAL[SignalStatus(s.status)]
        ],
        "orders": [
            (o, words.order_title(o), words.HOLDS[HoldStatus(o.status)]) for o in s.orders.all()
        ],
    }


def _cluster(slug: str, c: CaseCluster, found: signal_board.SignalBoard) -> dict[str, object]:
    lot, site = found.known[c.lot], found.places.get(c.site)
    here, lot_else, site_else = c.found.here, c.found.lot_elsewhere, c.found.site_otherwise
    name = words.event_name(c.event)
    asked = {
        "scope": c.scope.value if c.scope else HoldScope.LOT_AT_SITE.value,
        "kind": HoldKind.HARD.value,
        "product": lot.product.code,
        "lot": lot.number,
        "site": site.code if site else "",
        "reason": f"{name}: {here.observed} / {decimal(here.expected)}, {lot.number}"
        + (f", {named(site.names)}" if site else ""),
    }
    if c.scope is HoldScope.LOT:
        asked["site"] = ""
    return {
        "c": c,
        "event": name,
        "lot": lot,
        "site": site,
        "here": here,
        "p": c.found.here_p,
        "vial": c.same_vial,
        "place": words.PLACES[c.found.place],
        "scope": words.SCOPES[c.scope] if c.scope else "",
        "lot_elsewhere": (lot_else.count, words.COMPARED[lot_else.says]),
        "site_otherwise": (site_else.count, words.COMPARED[site_else.says]),
        "propose": f"{reverse('holds', args=[slug])}?{urlencode(asked)}#new",
    }


def _window(w: signal_board.ScanFinding, found: signal_board.SignalBoard) -> dict[str, object]:
    lots = [signal_board.lot_name(found.known[k]) for k in w.lots if k in found.known]
    sites = [named(found.places[k].names) for k in w.sites if k in found.places]
    return {
        "w": w,
        "lots": lots if len(lots) <= 3 else None,
        "n_lots": len(lots),
        "sites": sites if len(sites) <= 3 else None,
        "n_sites": len(sites),
    }


@posted("signals")
@allowed(Act.SIGN_HOLD)
def decide(request: HttpRequest, slug: str) -> HttpResponse:
    form = None if request.POST.get("act") == "look" else SignalForm.sent(request.POST)

    def act() -> None:
        actor, now = actor_of(request), datetime.now(UTC)
        if form is None:
            check_may(actor, Act.SIGN_HOLD, area=campaigns.campaign(slug).area)
            watch(slug, now=now)
            return
        asked = form.cleaned_data
        signal_board.decide(
            signal_board.DecideSignal(
                campaign=slug, signal_id=asked["signal"], to=asked["to"], note=asked["note"]
            ),
            actor=actor,
            now=now,
        )

    return run(
        act,
        form=form,
        again=lambda answer: _show(request, slug, answer, form),
        to=lambda: redirect("signals", slug=slug),
    )


@require_GET
@allowed(Act.SIGN_HOLD)
def picture(request: HttpRequest, slug: str, name: str, form: str) -> HttpResponse:
    """A picture as PNG, or its table as CSV."""
    found = _found(request, slug, kept=True)
    chosen = next(
        (p for p in pictures(found, _looks(request, slug, found)) if p.name == name), None
    )
    if chosen is None or form not in ("png", "csv", "light.svg", "dark.svg"):
        raise Http404
    if form.endswith(".svg"):
        narrow = request.GET.get("size") == "narrow"
        return HttpResponse(
            chosen.svg(form.split(".")[0], narrow=narrow), content_type="image/svg+xml"
        )
    if form == "csv":
        return csv_answer(f"{slug}-{name}", chosen.head, chosen.rows)
    answer = HttpResponse(chosen.png(), content_type="image/png")
    answer["Content-Language"] = get_language() or "en"
    return answer


@require_GET
@allowed(Act.SIGN_HOLD)
def denominators(request: HttpRequest, slug: str) -> HttpResponse:
    """Doses given so far, by what is asked for: ?by=lot,site,hour."""
    campaign = campaigns.campaign(slug)
    if not access.may(actor_of(request), Act.SIGN_HOLD, area=campaign.area):
        raise PermissionDenied(Act.SIGN_HOLD.value)
    by = [name for name in request.GET.get("by", "product,lot,site").split(",") if name]
    if not by or len(by) > 6 or set(by) - set(DENOMINATORS):
        raise Http404
    rows = doses_by(campaign.pk, by, local_day(datetime.now(UTC), campaign.time_zone))
    return csv_answer(f"{slug}-doses", [*by, "doses"], sorted(_coded(by, rows), key=str))


def _coded(by: list[str], rows: list[tuple[Any, ...]]) -> list[tuple[object, ...]]:
    """Codes and lot numbers that others know, for the keys of this database."""
    keys = {name: {r[i] for r in rows if r[i]} for i, name in enumerate(by)}
    known: dict[str, dict[object, str]] = {
        "lot": {
            k: neutral(v.number) for k, v in supply_lots.lots_by_id(keys.get("lot", ())).items()
        },
        "site": {s.pk: s.code for s in places.sites_by_id(keys.get("site", ()))},
        "product": {k: p.code for k, p in supply_products.products_by_id().items()},
    }
    return [
        (
            *(
                known[name].get(v, "") if name in known else v
                for name, v in zip(by, r[:-1], strict=True)
            ),
            r[-1],
        )
        for r in rows
    ]
