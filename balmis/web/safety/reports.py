"""A report by staff: whose dose it was, and what happened after it."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime

from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.core.dates import local_day
from balmis.core.roles import Act
from balmis.flows.safety import reporter_lookup
from balmis.flows.safety.report_event import report_event
from balmis.web.labels.formats import named
from balmis.web.safety.cases import base
from balmis.web.safety.forms import FindForm, ReportForm
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.forms import offer
from balmis.web.shared.requests import actor_of, allowed


@allowed(Act.REPORT_EVENT)
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """Find the person, choose the dose, say what happened."""
    if request.method == "POST":
        return _reported(request, slug)
    return _show(request, slug)


def _show(
    request: HttpRequest, slug: str, answer: Answer = DONE, sent: ReportForm | None = None
) -> HttpResponse:
    """The page; `sent` is the report that could not be kept, as it was sent."""
    campaign = campaigns.campaign(slug)
    asked = request.POST if sent and "number" in request.POST else request.GET
    find = FindForm(asked if "number" in asked else None, name="find")
    found, number = None, ""
    if find.is_valid():
        number = find.cleaned_data["number"]
        found = reporter_lookup.look_up(
            slug, number, actor=actor_of(request), now=datetime.now(UTC)
        )
    person, doses = found or (None, [])
    values = base(request, slug) | {
        "find": find,
        "person": person,
        "doses": doses,
        "unknown": bool(number) and found is None,
        "answer": answer,
        "report": _form(sent, number, doses, campaign.time_zone),
    }
    return render(request, "safety/report.html", values, status=answer.status)


def _form(sent: ReportForm | None, number: str, doses: list[Any], zone: str) -> ReportForm:
    """As it was sent; else for the last dose of the person."""
    last = doses[-1].pk if doses else None
    form = sent or ReportForm(name="report", initial={"number": number, "dose": last})
    offer(form, "dose", [(str(dose.pk), _in_words(dose, zone)) for dose in doses])
    form.fields["onset"].widget.attrs["max"] = local_day(datetime.now(UTC), zone).isoformat()
    return form


def _in_words(dose: Any, zone: str) -> str:
    at = localtime(dose.given_at, ZoneInfo(zone))
    lot = dose.lot.number if dose.lot else ""
    site = named(dose.site.names) if dose.site else ""
    return f"{at:%Y-%m-%d %H:%M} · {dose.product.name} {lot} · {site}"


def _reported(request: HttpRequest, slug: str) -> HttpResponse:
    form, made = ReportForm(request.POST, name="report"), []

    def act() -> None:
        event = form.told(datetime.now(UTC))
        made.append(report_event(slug, event, actor=actor_of(request), now=datetime.now(UTC))[1])

    def after() -> HttpResponse:
        if access.may(actor_of(request), Act.WORK_CASES, area=campaigns.campaign(slug).area):
            return redirect("case", slug=slug, key=made[0].pk)
        return render(request, "safety/thanks.html", base(request, slug) | {"case": made[0]})

    return run(act, form=form, again=lambda answer: _show(request, slug, answer, form), to=after)
