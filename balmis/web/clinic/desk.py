"""The desk of a site: a page that also works without a network."""

from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, override
from django.views.decorators.http import require_GET

from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.places import queries as places
from balmis.core.roles import Act
from balmis.core.schedule.texts import FINDINGS
from balmis.core.vocabulary.places import SiteKind
from balmis.core.vocabulary.schedule import Finding
from balmis.flows.clinic.waiting_display import calls_of_screen, key_of_screen
from balmis.web.clinic.reaction_words import reaction_chart
from balmis.web.clinic.script_messages import CARD, DISPLAY, WORDS
from balmis.web.shared.requests import actor_of, allowed, site_of


@require_GET
@allowed(Act.RUN_CLINIC)
def choose(request: HttpRequest, slug: str) -> HttpResponse:
    """The only site at which the person works a desk, or a choice."""
    campaign = campaigns.campaign(slug)
    actor = actor_of(request)
    found = [
        s
        for s in places.sites_below(campaign.area.code)
        if s.kind != SiteKind.STORE and access.may(actor, Act.RUN_CLINIC, site=places.site(s.code))
    ]
    if len(found) == 1:
        return redirect("clinic", slug=slug, site=found[0].code)
    values = {"campaign": campaign, "plan": campaigns.latest_plan(campaign.pk), "sites": found}
    return render(request, "clinic/choose.html", values)


@require_GET
@allowed(Act.RUN_CLINIC)
def desk(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """The page holds no person: its scripts fetch the day, and keep it for when the network fails."""
    found, campaign = site_of(slug, site), campaigns.campaign(slug)
    actor = actor_of(request)
    if not access.may(actor, Act.RUN_CLINIC, site=found):
        raise PermissionDenied(Act.RUN_CLINIC.value)
    words: dict[str, object] = {key: str(text) for key, text in WORDS.items()}
    words |= {f"finding_{f.value}": gettext(FINDINGS[f]) for f in Finding}
    words |= {
        "time_zone": found.time_zone,
        "chart": reaction_chart(),
        "site_names": found.names,
        "languages": settings.LANGUAGES,
        "cards": {code: _card_words(code) for code, _ in settings.LANGUAGES},
        "user_name": getattr(request.user, "first_name", "") or request.user.get_username(),
        "is_doctor": access.may(actor, Act.DECIDE_AS_DOCTOR, site=found),
    }
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "site": found,
        "words": words,
    }
    answer = render(request, "clinic/desk.html", values)
    answer["Permissions-Policy"] = "geolocation=(), microphone=(), camera=(self)"  # as a scanner
    return answer


def _card_words(language: str) -> dict[str, str]:
    """What stands on the card that a person takes home, in their language."""
    with override(language):
        return {key: str(CARD[key]) for key in CARD}


@require_GET
@allowed(Act.RUN_CLINIC)
def display(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """The screen of a waiting room: whose turn it is, and where. No name is on it."""
    found, campaign = site_of(slug, site), campaigns.campaign(slug)
    if not access.may(actor_of(request), Act.RUN_CLINIC, site=found):
        raise PermissionDenied(Act.RUN_CLINIC.value)
    words = {key: str(text) for key, text in DISPLAY.items()} | {"time_zone": found.time_zone}
    key = key_of_screen(slug, site, actor=actor_of(request), now=datetime.now(UTC))
    values = {"campaign": campaign, "site": found, "words": words, "key": key}
    return render(request, "clinic/display.html", values)


@require_GET
def screen_calls(request: HttpRequest, key: str) -> JsonResponse:
    """Whose turn it is, for a screen that nobody stays signed in at; with the key that it was opened with."""
    found = calls_of_screen(key, now=datetime.now(UTC))
    if found is None:
        return JsonResponse({"over": True}, status=410)
    answer = JsonResponse(
        {
            "as_of": found.as_of,
            "waiting": found.waiting,
            "calls": [{"number": c.number, "room": c.room, "at": c.at} for c in found.calls],
        }
    )
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The script that keeps the page; it must lie above what it keeps."""
    path = finders.find("clinic/worker.js")
    assert isinstance(path, str)
    response = HttpResponse(Path(path).read_bytes(), content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response


@require_GET
def manifest(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """With it the desk can be installed on a tablet."""
    return JsonResponse(
        {
            "name": "Balmis",
            "short_name": "Balmis",
            "display": "standalone",
            "scope": "/clinic/",
            "start_url": f"/clinic/{slug}/{site}/",
            "background_color": "#ffffff",
            "theme_color": "#00635d",
            "icons": [{"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml"}],
        },
        content_type="application/manifest+json",
    )
