"""The JSON API, version 1. Refusals are RFC 9457 problem details with the reason's code."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja import NinjaAPI, Schema, Status
from ninja.security import django_auth

from balmis.api.access import actor_of
from balmis.api.clinic import router as clinic
from balmis.api.coldchain import router as cold_chain
from balmis.api.people import router as people
from balmis.api.safety import router as safety
from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.core.dates import PLAUSIBLE_YEARS
from balmis.core.errors import BadInput, BalmisError, Conflict, NotAllowed, Refusal
from balmis.core.refusal_texts import REASONS
from balmis.core.reporting.public_figures import plain_public
from balmis.core.reporting.report import plain
from balmis.core.roles import Act
from balmis.core.vocabulary.clinic import DoseKind
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.clinic.record_dose import RecordDose, record_dose
from balmis.flows.reporting.daily_report import report
from balmis.flows.reporting.public_figures import public_figures
from balmis.flows.reporting.visibility import in_sight

api = NinjaAPI(title="Balmis", version="1", docs_url=None, urls_namespace="api")

for desk in (clinic, people, safety):
    api.add_router("/clinic", desk)
api.add_router("/cold-chain", cold_chain)

STATUS = {Refused.PLAN_UNKNOWN: 404, Refused.DAY_OUTSIDE: 404, Refused.REQUEST_REUSED: 409}


@api.exception_handler(BalmisError)
def problem(request: HttpRequest, error: BalmisError) -> HttpResponse:
    status, code, detail = 400, "bad_request", str(error)
    if isinstance(error, Refusal):
        status, code = STATUS.get(error.reason, 422), error.reason.value
        detail = gettext(REASONS[error.reason]).format_map(error.facts)
    elif isinstance(error, NotAllowed):
        status, code = 403, "not_allowed"
    elif isinstance(error, Conflict):
        status, code = 409, "conflict"
    body = {
        "type": "about:blank",
        "title": code,
        "status": status,
        "detail": detail,
        "reason": code,
    }
    response = api.create_response(request, body, status=status)
    response["Content-Type"] = "application/problem+json"
    return response


class CampaignOut(Schema):
    id: str
    title: dict[str, str]
    starts_on: date
    ends_on: date
    time_zone: str


@api.get("/campaigns", response=list[CampaignOut], auth=None)
def list_campaigns(request: HttpRequest) -> list[CampaignOut]:
    """All campaigns."""
    plans = [(c, campaigns.latest_plan(c.pk)) for c in campaigns.campaigns()]
    return [
        CampaignOut(
            id=c.slug,
            title=p.title,
            starts_on=p.period.starts_on,
            ends_on=p.period.ends_on,
            time_zone=c.time_zone,
        )
        for c, p in plans
    ]


@api.get("/campaigns/{slug}/figures", auth=None)
def figures(request: HttpRequest, slug: str) -> dict[str, Any]:
    """The public figures; counts from 1 to 4 are null."""
    return plain_public(public_figures(slug, now=datetime.now(UTC)))


@api.get("/campaigns/{slug}/reports/{day}", auth=django_auth)
def daily_report(request: HttpRequest, slug: str, day: date) -> dict[str, Any]:
    """The day's report as of 24:00."""
    actor = actor_of(request)
    area = campaigns.campaign(slug).area
    if day.year not in PLAUSIBLE_YEARS:
        raise BadInput(f"{day} is no day of a campaign.")
    if not access.works_in(actor, Act.READ_REPORT, area):
        raise NotAllowed(f"{actor.name} may not read reports of {slug}")
    return plain(in_sight(report(slug, day, now=datetime.now(UTC)), actor))


class DoseIn(Schema):
    """A dose that has been given. `request_id` is made by the client: a retry repeats it."""

    request_id: UUID
    campaign: str
    person_id: int
    product: str
    kind: DoseKind
    given_at: datetime
    lot_id: int | None = None
    site: str | None = None
    units: Decimal = Decimal(1)


class DoseOut(Schema):
    id: int
    given_on: date


@api.post("/doses", response={201: DoseOut}, auth=django_auth)
def post_dose(request: HttpRequest, dose: DoseIn) -> Status[DoseOut]:
    """Record a dose; the same request again gives back the same dose."""
    actor = actor_of(request)
    recorded = record_dose(RecordDose(**dose.dict()), actor=actor, now=datetime.now(UTC))
    return Status(201, DoseOut(id=recorded.pk, given_on=recorded.given_on))
