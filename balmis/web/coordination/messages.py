"""Messages that did not go out: what waits, what was given up and why; sending it again."""

from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from balmis.contexts.campaigns import queries as campaigns
from balmis.core.errors import NotAllowed
from balmis.core.roles import Act
from balmis.flows.booking import dead_letters
from balmis.web.labels.common import MEDIA
from balmis.web.shared.requests import actor_of, allowed, posted


@require_GET
@allowed(Act.CHANGE_PLAN)
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """By medium; of all campaigns, and of nobody by name."""
    campaign = campaigns.campaign(slug)
    try:
        lines = dead_letters.look(actor=actor_of(request), now=datetime.now(UTC))
    except NotAllowed:
        raise PermissionDenied(Act.CHANGE_PLAN.value) from None
    again = request.GET.get("again", "")
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "again": int(again) if again.isdigit() and len(again) < 9 else None,
        "lines": [(MEDIA[line.medium], line) for line in lines],
        "failed": sum(line.failed for line in lines),
        "waiting": sum(line.waiting for line in lines),
    }
    return render(request, "coordination/messages.html", values)


@posted("messages")
@allowed(Act.CHANGE_PLAN)
def send_again(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        number = dead_letters.send_again(actor=actor_of(request), now=datetime.now(UTC))
    except NotAllowed:
        raise PermissionDenied(Act.CHANGE_PLAN.value) from None
    return redirect(f"{reverse('messages', args=[slug])}?again={number}")
