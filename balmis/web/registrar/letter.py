"""A letter from the desk, with the code that proves who enters it."""

from datetime import UTC, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from balmis.contexts.campaigns import queries as campaigns
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.flows.people import letters
from balmis.web.registrar.desk import seen_person
from balmis.web.shared.requests import actor_of, allowed

LETTER, LETTER_SHOWN = "letter", timedelta(minutes=10)


@allowed(Act.BOOK_FOR_OTHERS)
@require_http_methods(["GET", "POST"])
def letter(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """A letter to print, with the code that proves who enters it; an earlier one is void. Made once:
    loaded again, in another language or by mistake, the page shows the same for some minutes."""
    now = datetime.now(UTC)
    if request.method == "GET":
        kept = request.session.get(LETTER) or {}
        if kept.get("of") != [slug, key] or kept["until"] < now.timestamp():
            request.session.pop(LETTER, None)
            return redirect("registrar-person", slug=slug, key=key)
        seen = seen_person(request, slug, key)
        campaign = campaigns.campaign(slug)
        plan = campaigns.latest_plan(campaign.pk)
        values = {"campaign": campaign, "plan": plan, "letter": kept, "person": seen.person}
        return render(request, "registrar/letter.html", values)
    try:
        made = letters.write_letter(slug, key, actor=actor_of(request), now=now)
    except NotAllowed:
        raise PermissionDenied(Act.BOOK_FOR_OTHERS.value) from None
    except Refusal:
        raise Http404(gettext("There is no such person.")) from None
    until = (now + LETTER_SHOWN).timestamp()
    request.session[LETTER] = {
        "of": [slug, key],
        "code": made.code,
        "link": made.link,
        "until": until,
    }
    return redirect("registrar-letter", slug=slug, key=key)
