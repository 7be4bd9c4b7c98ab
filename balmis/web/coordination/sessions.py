"""Sessions of the sites: what binds, how full they are, and what a change would do."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from balmis.contexts.access import services as access
from balmis.contexts.booking import sessions
from balmis.contexts.booking.sessions import SessionPlan, size_of
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.plan.format import Plan
from balmis.contexts.places import queries as places
from balmis.core.booking.capacity import Sized
from balmis.core.dates import end_of_day, instant, local_day
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.booking import Limit, PoolKind, SessionStatus
from balmis.core.vocabulary.places import SiteKind
from balmis.flows.booking import sessions as flow
from balmis.flows.booking.rebook_unserved import Unserved, move_unserved, preview_unserved
from balmis.web.coordination.forms import NewSessionForm, PublishForm, SeenForm, SessionForm
from balmis.web.labels.common import LIMITS, POOLS, SESSION_STATES
from balmis.web.labels.formats import named
from balmis.web.shared.acting import DONE, Answer, attempt, run, unread
from balmis.web.shared.forms import Form
from balmis.web.shared.requests import actor_of, allowed, read_day

if TYPE_CHECKING:
    from balmis.contexts.booking.models import Session
    from balmis.contexts.campaigns.models import Campaign

WEEKS = 2  # shown at a time


def _sites(request: HttpRequest, campaign: Campaign) -> list[places.SiteView]:
    """Sites at which the person may plan sessions."""
    actor = actor_of(request)
    below = [s for s in places.sites_below(campaign.area.code) if s.kind != SiteKind.STORE]
    return [s for s in below if access.may(actor, Act.PLAN_SESSION, site=places.site(s.code))]


def _products(plan: Plan) -> list[tuple[str, str]]:
    return [(p.code, p.name) for p in plan.products]


@allowed(Act.READ_PLAN)
def show_all(request: HttpRequest, slug: str) -> HttpResponse:
    """Two weeks of sessions: places, taken, and what binds."""
    campaign = campaigns.campaign(slug)
    today = local_day(datetime.now(UTC), campaign.time_zone)
    first = read_day(request.GET.get("from")) or today
    first -= timedelta(days=first.weekday())
    last = first + timedelta(days=7 * WEEKS - 1)
    found = sessions.sessions(campaign.pk, first=first, last=last)
    site = request.GET.get("site") or ""
    planned = request.GET.get("planned", "")
    rows: list[Any] = [s for s in found if not site or s.site.code == site]
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "first": first,
        "last": last,
        "before": first - timedelta(days=7 * WEEKS),
        "after": last + timedelta(days=1),
        "rows": [(s, *_state(s)) for s in rows],
        "site": site,
        "planned": int(planned) if planned in map(str, range(1, 61)) else 0,
        "sites": sorted({s.site.code: named(s.site.names) for s in found}.items()),
        "places": sum(s.places or 0 for s in rows),
        "taken": sum(s.taken or 0 for s in rows),
        "may_plan": access.may_somewhere(actor_of(request), Act.PLAN_SESSION),
    }
    return render(request, "coordination/sessions.html", values)


def _state(session: Any) -> tuple[str, str, float]:
    places_ = session.places or 0
    share = (session.taken or 0) / places_ if places_ else 0.0
    return (
        str(SESSION_STATES[SessionStatus(session.status)]),
        str(LIMITS[Limit(session.binding)]),
        share,
    )


@allowed(Act.PLAN_SESSION)
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """A new session, for one day or several; looked at before it is published."""
    campaign = campaigns.campaign(slug)
    current = campaigns.latest_plan(campaign.pk)
    sites = _sites(request, campaign)
    chosen = next(
        (s for s in sites if s.code == request.GET.get("site")), sites[0] if sites else None
    )
    if chosen is None:
        raise PermissionDenied(Act.PLAN_SESSION.value)
    named_sites = [(s.code, named(s.names)) for s in sites]
    form_of = partial(NewSessionForm, products=_products(current), sites=named_sites)
    if request.method == "GET":
        initial = _initial(chosen.code, current) | _proposed(request)
        return _new(request, slug, form_of(initial=initial))
    form = form_of(request.POST)
    if "take_over" in request.POST:
        filled = form_of(initial=_taken_over(form, sites, current))
        return _new(request, slug, filled)
    sized, made = None, 0

    def act() -> None:
        nonlocal sized, made
        if "preview" in request.POST:
            sized = _preview(form)
        else:
            made = _plan_all(request, slug, form)

    answer = attempt(act, form)
    if made:
        on, site = form.cleaned_data["on"], form.cleaned_data["site"]
        return redirect(f"{reverse('sessions', args=[slug])}?from={on}&site={site}&planned={made}")
    return _new(request, slug, form, answer, sized)


def _new(
    request: HttpRequest,
    slug: str,
    form: NewSessionForm,
    answer: Answer = DONE,
    sized: Sized | None = None,
) -> HttpResponse:
    """The form of a new session, and what its numbers come to."""
    campaign = campaigns.campaign(slug)
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "form": form,
        "sized": sized,
        "binding": sized and LIMITS[sized.binding],
        "rates": sized and _rates(sized),
        "answer": answer,
    }
    return render(request, "coordination/session_new.html", values, status=answer.status)


def _rates(sized: Sized) -> list[tuple[object, float, bool]]:
    """Each limit, the people a slot it allows, and whether it binds."""
    return [(LIMITS[k], float(v), k is sized.binding) for k, v in sized.rates.items()]


def _initial(site: str, current: Plan) -> dict[str, object]:
    has = places.site(site)
    return {
        "site": site,
        "stations": has.stations or 2,
        "seats": has.observation_seats,
        "parking": has.parking_places,
        "observation_minutes": current.observation.minutes,
    }


def _proposed(request: HttpRequest) -> dict[str, object]:
    """What a plan proposes, from its link: the day, how many in a row, doses a day, vaccines."""
    asked: dict[str, object] = {}
    if on := read_day(request.GET.get("on")):
        asked["on"] = on
    for name, field in (("days", "repeat"), ("doses", "doses")):
        text = request.GET.get(name, "")
        if text.isascii() and text.isdigit() and len(text) < 8:
            asked[field] = int(text)
    return asked | ({"products": found} if (found := request.GET.getlist("product")) else {})


def _taken_over(
    form: NewSessionForm, sites: list[places.SiteView], current: Plan
) -> dict[str, object]:
    """What was filled in, with what the chosen site has in place of it."""
    asked = {field.name: value for field in form if (value := field.value())}
    site = str(asked.get("site", ""))
    return asked | _initial(site, current) if site in {s.code for s in sites} else asked


def _preview(form: NewSessionForm) -> Sized:
    """The places that it would have. Raises as planning would."""
    d = form.cleaned_data
    first = form.plan(d["on"], places.site(d["site"]).time_zone)
    return flow.preview_sessions(d["site"], first, days=d["repeat"], now=datetime.now(UTC))


def _plan_all(request: HttpRequest, slug: str, form: NewSessionForm) -> int:
    """The sessions are planned; how many they are. A draft has no opening."""
    d, now, publish = form.cleaned_data, datetime.now(UTC), "publish" in request.POST
    zone = places.site(d["site"]).time_zone
    if d["opens"] and not publish:
        late = gettext_noop("A draft has no opening yet: it is set when it is published.")
        raise BadInput(late, ("opens",))
    said = d["opens"]
    opens = instant(said.date(), said.time(), zone) if said else now
    cmd = flow.PlanSessions(
        campaign=slug,
        site=d["site"],
        plan=form.plan(d["on"], zone),
        days=d["repeat"],
        opens_at=opens if publish else None,
    )
    return len(flow.plan_sessions(cmd, actor=actor_of(request), now=now))


def _session(request: HttpRequest, slug: str, key: int) -> Session:
    """The session, if it is of this campaign."""
    try:
        found = sessions.session(key)
    except Refusal:
        raise Http404(gettext("There is no such session.")) from None
    if found.campaign.slug != slug:
        raise Http404(gettext("There is no such session."))
    return found


@allowed(Act.READ_PLAN)
def show(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """One session: its limits, its slots, and its places by purpose."""
    return _shown(request, _session(request, slug, key))


def _shown(
    request: HttpRequest, session: Session, answer: Answer = DONE, sent: Form | None = None
) -> HttpResponse:
    """The session's page; `sent` is the form that could not be done, as it was sent."""
    sized = size_of(session)
    zone = ZoneInfo(session.site.time_zone)
    unserved = _unserved(request, session)
    slots = sessions.slot_figures(session.pk)
    values = {
        "campaign": session.campaign,
        "plan": campaigns.latest_plan(session.campaign_id),
        "session": session,
        "sized": sized,
        "state": SESSION_STATES[SessionStatus(session.status)],
        "binding": LIMITS[sized.binding],
        "rates": _rates(sized),
        "slots": [
            (at.astimezone(zone), people, taken, taken / people if people else 0)
            for at, people, taken in slots
        ],
        "pools": [(POOLS[PoolKind(k)], *v) for k, v in sessions.pools_by_kind(session.pk).items()],
        "taken": sum(taken for _, _, taken in slots),
        "people": sum(p for _, p, _ in slots),
        "may_plan": access.may(actor_of(request), Act.PLAN_SESSION, site=session.site),
        "answer": answer,
        "publish": sent if isinstance(sent, PublishForm) else PublishForm(zone=zone.key),
        "unserved": unserved,
        "may_ask": access.may(actor_of(request), Act.MOVE_STOCK, site=session.site),
        "move": SeenForm(name="move", initial={"expected": unserved.placed}) if unserved else None,
    }
    return render(request, "coordination/session.html", values, status=answer.status)


def _unserved(request: HttpRequest, session: Session) -> Unserved | None:
    """Whom a lot on hold leaves without a dose, for those who may move them."""
    try:
        found = preview_unserved(session.pk, actor=actor_of(request), now=datetime.now(UTC))
    except NotAllowed:
        return None
    return found if found.affected else None


@require_POST
@allowed(Act.PLAN_SESSION)
def move_those_unserved(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Other places for people whose dose is on hold."""
    session, form = _session(request, slug, key), SeenForm(request.POST, name="move")
    actor, now = actor_of(request), datetime.now(UTC)
    return run(
        lambda: move_unserved(key, actor=actor, now=now, **form.cleaned_data),
        form=form,
        again=lambda answer: _shown(request, session, answer),
        to=lambda: redirect("session", slug=slug, key=key),
    )


@require_POST
@allowed(Act.PLAN_SESSION)
def publish(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Open booking now, or at the stated time of the site."""
    session, now = _session(request, slug, key), datetime.now(UTC)
    form = PublishForm(request.POST, zone=session.site.time_zone)

    def act() -> None:
        with suppress(Refusal):  # published before: the page shows it
            flow.publish_session(
                key, form.cleaned_data["opens"] or now, actor=actor_of(request), now=now
            )

    return run(
        act,
        form=form,
        again=lambda answer: _shown(request, session, answer, form),
        to=lambda: redirect("session", slug=slug, key=key),
    )


@allowed(Act.PLAN_SESSION)
def change(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Resize or cancel: first who is affected, then the act."""
    session, sent = _session(request, slug, key), request.POST
    products = _products(campaigns.latest_plan(session.campaign_id))
    form = SessionForm(initial=_stated(session), products=products)
    if request.method == "GET":
        return _change(request, session, form)
    cancelling = "cancel" in sent
    if not cancelling:
        form = SessionForm(sent, products=products)
    seen, preview = SeenForm(sent) if "carry_out" in sent else None, None

    def act() -> None:
        nonlocal preview
        stated = None if cancelling else _changed(form, session)
        actor, now = actor_of(request), datetime.now(UTC)
        if seen is not None:
            cmd = flow.ChangeSession(session_id=key, plan=stated, **seen.cleaned_data)
            flow.change_session(cmd, actor=actor, now=now)
        else:
            preview = flow.preview_change(key, stated, actor=actor, now=now)

    unsaid = seen is not None and not seen.is_valid()
    answer = unread(seen) if seen and unsaid else attempt(act, None if cancelling else form)
    if answer and seen is not None:
        return redirect("session", slug=slug, key=key)
    return _change(request, session, form, answer, preview, cancelling=cancelling)


def _change(
    request: HttpRequest,
    session: Session,
    form: SessionForm,
    answer: Answer = DONE,
    preview: flow.Change | None = None,
    *,
    cancelling: bool = False,
) -> HttpResponse:
    """The form of a change, and who would be affected."""
    values = {
        "campaign": session.campaign,
        "plan": campaigns.latest_plan(session.campaign_id),
        "session": session,
        "form": form,
        "answer": answer,
        "change": preview,
        "seen": SeenForm(initial={"expected": len(preview.affected)}) if preview else None,
        "cancelling": cancelling,
    }
    return render(request, "coordination/session_change.html", values, status=answer.status)


def _changed(form: SessionForm, session: Session) -> SessionPlan:
    """The new plan, as the form states it; what it does not ask for stays."""
    stated = form.plan(session.on, session.site.time_zone)
    old = flow.plan_of(session)
    return replace(
        stated,
        slot_minutes=old.slot_minutes,
        stay_minutes=old.stay_minutes,
        people_per_place=old.people_per_place,
        release_at=old.release_at,
    )


def _stated(session: Session) -> dict[str, object]:
    zone = ZoneInfo(session.site.time_zone)
    full = session.ends_at == end_of_day(session.on, zone.key)
    names = (
        "stations",
        "staff",
        "seats",
        "observation_minutes",
        "parking",
        "doses",
        "products",
        "minutes_per_dose",
    )
    return {n: getattr(session, n) for n in names} | {
        "starts": session.starts_at.astimezone(zone).strftime("%H:%M"),
        "ends": "24:00" if full else session.ends_at.astimezone(zone).strftime("%H:%M"),
        "second_percent": round(session.second_share * 100),
        "walk_in_percent": round(session.walk_in_share * 100),
    }
