"""Sessions of the sites: what binds, how full they are, and what a change would do."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from balmis.contexts.access import services as access
from balmis.contexts.booking import sessions
from balmis.contexts.booking.sessions import SessionPlan, size_of
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.places import queries as places
from balmis.core.booking.capacity import Sized
from balmis.core.dates import PLAUSIBLE_YEARS, local_day
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.booking import Limit, PoolKind, SessionStatus
from balmis.core.vocabulary.places import SiteKind
from balmis.flows.booking import sessions as flow
from balmis.flows.booking.rebook_unserved import move_unserved, preview_unserved
from balmis.web.labels.common import LIMITS, POOLS, SESSION_STATES, in_language
from balmis.web.labels.formats import named
from balmis.web.shared.requests import actor_of, allowed, read_day

WEEKS = 2  # shown at a time


class SessionForm(forms.Form):
    """Times are the site's own."""

    starts = forms.TimeField(label=_("Begins at"), initial="09:00")
    ends = forms.TimeField(label=_("Ends at"), initial="17:00")
    stations = forms.IntegerField(label=_("Vaccination stations"), min_value=1, max_value=500)
    minutes_per_dose = forms.DecimalField(
        label=_("Minutes a dose, at a station"),
        min_value=Decimal("0.5"),
        max_value=60,
        initial=5,
        max_digits=4,
        decimal_places=2,
    )
    staff = forms.IntegerField(
        label=_("Vaccinators on duty"), required=False, min_value=1, max_value=500
    )
    seats = forms.IntegerField(
        label=_("Observation seats"), required=False, min_value=1, max_value=5000
    )
    observation_minutes = forms.IntegerField(
        label=_("Minutes of observation"), min_value=0, max_value=240
    )
    parking = forms.IntegerField(
        label=_("Parking places"), required=False, min_value=1, max_value=20000
    )
    doses = forms.IntegerField(
        label=_("Doses expected that day"), required=False, min_value=1, max_value=1_000_000
    )
    products = forms.MultipleChoiceField(
        label=_("Vaccines"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: whatever the person may have."),
    )
    second_percent = forms.IntegerField(
        label=_("Held back for second doses, %"), min_value=0, max_value=100, initial=0
    )
    walk_in_percent = forms.IntegerField(
        label=_("Held back for walk-ins, %"), min_value=0, max_value=100, initial=0
    )

    def __init__(self, *args: Any, products: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["products"].choices = products  # type: ignore[attr-defined]

    def plan(self, on: date, zone: str) -> SessionPlan:
        d = self.cleaned_data
        begins, ends = (datetime.combine(on, d[k], ZoneInfo(zone)) for k in ("starts", "ends"))
        return SessionPlan(
            on=on,
            starts_at=begins,
            ends_at=ends,
            products=tuple(d["products"]),
            stations=d["stations"],
            minutes_per_dose=d["minutes_per_dose"],
            staff=d["staff"],
            seats=d["seats"],
            observation_minutes=d["observation_minutes"],
            parking=d["parking"],
            doses=d["doses"],
            second_share=Decimal(d["second_percent"]) / 100,
            walk_in_share=Decimal(d["walk_in_percent"]) / 100,
        )


class NewSessionForm(SessionForm):
    site = forms.ChoiceField(label=_("Site"))
    on = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=[MaxValueValidator(date(PLAUSIBLE_YEARS[-1], 12, 31))],
    )
    repeat = forms.IntegerField(label=_("Days in a row"), min_value=1, max_value=60, initial=1)
    opens = forms.DateTimeField(
        label=_("Booking opens (empty: now)"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    field_order = ("site", "on", "repeat")

    def __init__(self, *args: Any, sites: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].choices = sites  # type: ignore[attr-defined]


def _sites(request: HttpRequest, campaign: Any) -> list[Any]:
    """Sites at which the person may plan sessions."""
    actor = actor_of(request)
    below = [s for s in places.sites_below(campaign.area.code) if s.kind != SiteKind.STORE]
    return [s for s in below if access.may(actor, Act.PLAN_SESSION, site=places.site(s.code))]


def _products(plan: Any) -> list[tuple[str, str]]:
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
        "may_plan": access.may(actor_of(request), Act.PLAN_SESSION),
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
    choices: dict[str, Any] = {
        "products": _products(current),
        "sites": [(s.code, named(s.names)) for s in sites],
    }
    if "take_over" in request.POST:
        form = NewSessionForm(initial=_taken_over(request, sites, current), **choices)
    else:
        form = NewSessionForm(
            request.POST or None,
            initial=_initial(chosen.code, current) | _proposed(request),
            **choices,
        )
    sized = None
    if form.is_bound and form.is_valid():
        sized, made = _plan_all(request, slug, form)
        if made:
            on, site = form.cleaned_data["on"], form.cleaned_data["site"]
            return redirect(
                f"{reverse('sessions', args=[slug])}?from={on}&site={site}&planned={made}"
            )
    values = {
        "campaign": campaign,
        "plan": current,
        "form": form,
        "sized": sized,
        "binding": sized and LIMITS[sized.binding],
        "rates": sized and _rates(sized),
    }
    status = 400 if request.method == "POST" and form.errors else 200
    return render(request, "coordination/session_new.html", values, status=status)


def _rates(sized: Sized) -> list[tuple[Any, float, bool]]:
    """Each limit, the people a slot it allows, and whether it binds."""
    return [(LIMITS[k], float(v), k is sized.binding) for k, v in sized.rates.items()]


def _initial(site: str, current: Any) -> dict[str, Any]:
    has = places.site(site)
    return {
        "site": site,
        "stations": has.stations or 2,
        "seats": has.observation_seats,
        "parking": has.parking_places,
        "observation_minutes": current.observation.minutes,
    }


def _proposed(request: HttpRequest) -> dict[str, Any]:
    """What a plan proposes, from its link: the day, how many in a row, doses a day, vaccines."""
    asked: dict[str, Any] = {}
    if on := read_day(request.GET.get("on")):
        asked["on"] = on
    for name, field in (("days", "repeat"), ("doses", "doses")):
        text = request.GET.get(name, "")
        if text.isascii() and text.isdigit() and len(text) < 8:
            asked[field] = int(text)
    return asked | ({"products": found} if (found := request.GET.getlist("product")) else {})


def _taken_over(request: HttpRequest, sites: list[Any], current: Any) -> dict[str, Any]:
    """What was filled in, with what the chosen site has in place of it."""
    asked: dict[str, Any] = {k: v for k, v in request.POST.items() if v}
    asked["products"] = request.POST.getlist("products")
    site = request.POST.get("site", "")
    return asked | _initial(site, current) if site in {s.code for s in sites} else asked


def _plan_all(request: HttpRequest, slug: str, form: NewSessionForm) -> tuple[Sized | None, int]:
    """The places, when they are only to be shown; or the sessions planned.

    A problem becomes the form's.
    """
    d, now = form.cleaned_data, datetime.now(UTC)
    zone = ZoneInfo(places.site(d["site"]).time_zone)
    try:
        first = form.plan(d["on"], zone.key)
        if "preview" in request.POST:
            return flow.preview_sessions(d["site"], first, days=d["repeat"], now=now), 0
        opens = d["opens"].replace(tzinfo=zone) if d["opens"] else now
        if d["opens"] and "publish" not in request.POST:
            raise BadInput(
                gettext_noop("A draft has no opening yet: it is set when it is published.")
            )
        made = flow.plan_sessions(
            flow.PlanSessions(
                campaign=slug,
                site=d["site"],
                plan=first,
                days=d["repeat"],
                opens_at=opens if "publish" in request.POST else None,
            ),
            actor=actor_of(request),
            now=now,
        )
        return None, len(made)
    except Refusal as refusal:
        form.add_error(None, in_language(refusal))
    except BadInput as problem:
        form.add_error(None, gettext(str(problem)))
    except NotAllowed:
        raise PermissionDenied(Act.PLAN_SESSION.value) from None
    return None, 0


def _session(request: HttpRequest, slug: str, key: int) -> Any:
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
    request: HttpRequest, session: Any, problem: str = "", status: int = 200
) -> HttpResponse:
    sized = size_of(session)
    zone = ZoneInfo(session.site.time_zone)
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
        "problem": problem,
        "unserved": _unserved(request, session),
    }
    return render(request, "coordination/session.html", values, status=status)


def _unserved(request: HttpRequest, session: Any) -> Any:
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
    session, asked = _session(request, slug, key), request.POST
    try:
        expected, request_id = int(asked.get("expected", "")), UUID(asked.get("request_id", ""))
    except ValueError:
        raise Http404(gettext("There is no such session.")) from None
    try:
        move_unserved(
            key,
            expected=expected,
            request_id=request_id,
            actor=actor_of(request),
            now=datetime.now(UTC),
        )
    except NotAllowed:
        raise PermissionDenied(Act.PLAN_SESSION.value) from None
    except Conflict as problem:
        return _shown(request, session, gettext(str(problem)), 409)
    except Refusal as refusal:  # a place went meanwhile
        return _shown(request, session, str(in_language(refusal)), 409)
    return redirect("session", slug=slug, key=key)


@require_POST
@allowed(Act.PLAN_SESSION)
def publish(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Open booking now, or at the stated time of the site."""
    session, now = _session(request, slug, key), datetime.now(UTC)
    try:
        at = datetime.fromisoformat(request.POST.get("opens", "") or now.isoformat())
    except ValueError:
        raise Http404(gettext("This is not a time.")) from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(session.site.time_zone))
    try:
        flow.publish_session(key, at, actor=actor_of(request), now=now)
    except NotAllowed:
        raise PermissionDenied(Act.PLAN_SESSION.value) from None
    except BadInput as problem:
        return _shown(request, session, gettext(str(problem)), 400)
    except Refusal:
        pass  # published before: the page shows it
    return redirect("session", slug=slug, key=key)


@allowed(Act.PLAN_SESSION)
def change(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Resize or cancel: first who is affected, then the act."""
    session = _session(request, slug, key)
    plan_, actor, now = (
        campaigns.latest_plan(session.campaign_id),
        actor_of(request),
        datetime.now(UTC),
    )
    zone = session.site.time_zone
    resizing = request.method == "POST" and "cancel" not in request.POST
    form = SessionForm(
        request.POST if resizing else None, initial=_stated(session), products=_products(plan_)
    )
    values: dict[str, Any] = {
        "campaign": session.campaign,
        "plan": plan_,
        "session": session,
        "form": form,
        "request_id": uuid4(),
        "change": None,
    }
    try:
        if request.method == "POST":
            cancelling = "cancel" in request.POST
            stated = None if cancelling else _changed(form, session, zone)
            if cancelling or stated is not None:
                if "carry_out" in request.POST:
                    flow.change_session(
                        flow.ChangeSession(
                            session_id=key,
                            plan=stated,
                            expected=int(request.POST["expected"]),
                            request_id=UUID(request.POST["request_id"]),
                        ),
                        actor=actor,
                        now=now,
                    )
                    return redirect("session", slug=slug, key=key)
                values["change"] = flow.preview_change(key, stated, actor=actor, now=now)
                values["cancelling"] = cancelling
    except Refusal as refusal:
        form.add_error(None, in_language(refusal)) if form.is_bound else None
    except BadInput as problem:
        form.add_error(None, gettext(str(problem)))
    except Conflict as conflict:
        values["conflict"] = gettext(str(conflict))
    except NotAllowed:
        raise PermissionDenied(Act.PLAN_SESSION.value) from None
    except ValueError:
        raise Http404 from None
    return render(request, "coordination/session_change.html", values)


def _changed(form: SessionForm, session: Any, zone: str) -> SessionPlan | None:
    """The new plan; None while the form has problems."""
    if not form.is_valid():
        return None
    stated = form.plan(session.on, zone)
    old = flow.plan_of(session)
    return replace(
        stated,
        slot_minutes=old.slot_minutes,
        stay_minutes=old.stay_minutes,
        people_per_place=old.people_per_place,
        release_at=old.release_at,
    )


def _stated(session: Any) -> dict[str, Any]:
    zone = ZoneInfo(session.site.time_zone)
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
        "ends": session.ends_at.astimezone(zone).strftime("%H:%M"),
        "second_percent": round(session.second_share * 100),
        "walk_in_percent": round(session.walk_in_share * 100),
    }
