"""Steps that the server refused: handed over by their device, looked at by who leads the site."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from balmis.contexts.access import queries as access
from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import deferrals, duplicate_doses, rejected_steps
from balmis.contexts.clinic import queries as doses
from balmis.contexts.clinic.deferrals import StandingDeferral
from balmis.contexts.clinic.models import Conflict, RejectedStep
from balmis.contexts.journal import audit
from balmis.contexts.people import queries as people
from balmis.contexts.people import walk_ins
from balmis.contexts.people.models import Person, Registration
from balmis.contexts.safety import queries as safety
from balmis.contexts.safety.queries import Flagged
from balmis.core.actor import Actor
from balmis.core.clinic.step_facts import storable
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.clinic.held_doses import note_review
from balmis.flows.clinic.visit_steps import Desk, at_desk

MOST = 100  # doses shown to be reviewed


@dataclass(frozen=True, slots=True)
class Open:
    """What somebody at the site has to look at."""

    conflicts: list[Conflict]
    steps: list[tuple[RejectedStep, Person | None]]
    flagged: list[Flagged]  # doses that broke a rule
    stops: list[tuple[StandingDeferral, Person, str]]  # ruled out or put off here, and by whom
    walk_ins: list[Registration]  # whose provisional record may be a known person's


@transaction.atomic(durable=True)
def set_aside(
    desk: Desk,
    request_id: UUID,
    sent: dict[str, Any],
    problem: str,
    *,
    actor: Actor,
    now: datetime,
) -> RejectedStep:
    """Keep the step as the device has it, also one that nobody can read; again changes nothing. Raises
    NotAllowed, Refusal(NOT_KNOWN)."""
    campaign, site = at_desk(desk.slug, desk.site, actor)
    kept, made = rejected_steps.keep(
        RejectedStep(
            request_id=request_id,
            campaign=campaign,
            site=site,
            problem=storable(problem),
            sent=storable(sent),
            device=desk.device,
            actor=actor.name,
            at=now,
        )
    )
    if made:
        audit.record(
            "step.set_aside",
            f"site:{site.pk}",
            now=now,
            kind=storable(str(sent.get("kind", "")))[:20],
            actor=actor.on_request(request_id),
        )
    return kept


@transaction.atomic
def open_at(slug: str, site_code: str, *, actor: Actor, now: datetime) -> Open:
    """What is open at the site. The look at the people is logged. Raises NotAllowed."""
    campaign, site = at_desk(slug, site_code, actor)
    steps = rejected_steps.open_at(campaign.pk, site.pk)
    told = people.people_of([_person(s) for s in steps])
    known = {p.pk: p for p in told if p.area.path.startswith(campaign.area.path)}
    conflicts = [
        c for c in duplicate_doses.conflicts(site.pk) if c.visit.campaign_id == campaign.pk
    ]
    days = campaigns.policy_of(campaign.pk).clinic.review_days
    since = local_day(now, site.time_zone) - timedelta(days=days)
    flagged = safety.to_review(campaign.pk, site.pk, since, MOST)
    stops = _stops(campaign.pk, site.pk, since, local_day(now, site.time_zone))
    came = walk_ins.perhaps_known_at(campaign.slug, site, MOST)
    seen = sorted(
        {
            *(r.person_id for r in came if r.person_id is not None),
            *(p.pk for _, p, _ in stops),
            *known,
            *(c.visit.person_id for c in conflicts),
            *(f.dose.person_id for f in flagged),
        }
    )
    if seen:
        audit.record("clinic.review_read", f"site:{site.pk}", actor=actor, now=now, people=seen)
    return Open(conflicts, [(s, known.get(_person(s))) for s in steps], flagged, stops, came)


def _person(step: RejectedStep) -> int:
    """0: the step does not say whom it is about."""
    found = step.sent.get("person")
    return found if isinstance(found, int) and 0 < found < 2**62 else 0


def _stops(
    campaign: int, site: int, since: date, today: date
) -> list[tuple[StandingDeferral, Person, str]]:
    """What was decided here in these days and still stands; the last first."""
    ids = deferrals.people_put_off(campaign, site, since)
    found = [s for s in deferrals.standing_of(ids) if s.site == site and s.holds_on(today)]
    found.sort(key=lambda s: s.at, reverse=True)
    whose = {p.pk: p for p in people.people_of([s.person for s in found])}
    names = access.names_of([s.by for s in found])
    return [(s, whose[s.person], names.get(s.by, s.by)) for s in found[:MOST] if s.person in whose]


@transaction.atomic(durable=True)
def resolve(key: int, note: str, *, actor: Actor, now: datetime) -> None:
    """Say what was done about a step that was set aside. Raises NotAllowed, BadInput,
    Refusal(NOT_KNOWN) when it is resolved already."""
    found = rejected_steps.lock(key)
    check_may(actor, Act.CORRECT_DOSE, site=found.site)
    if len(note.strip()) < 3:
        raise BadInput(gettext_noop("Say what was done about it."))
    rejected_steps.resolve(found, note.strip()[:500], actor=actor, now=now)
    audit.record("step.resolved", f"site:{found.site_id}", actor=actor, now=now, step=found.pk)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDose:
    """What was found about a dose of the site that broke a rule."""

    campaign: str
    site: str
    dose_id: int
    note: str


@transaction.atomic(durable=True)
def review_dose(cmd: ReviewDose, *, actor: Actor, now: datetime) -> None:
    """Say what was found about a dose that broke a rule; a flag that is raised later shows it again.
    Not by who gave it. Raises NotAllowed, BadInput, Refusal(NOT_KNOWN) for a dose of another site."""
    campaign, site = at_desk(cmd.campaign, cmd.site, actor)
    check_may(actor, Act.CORRECT_DOSE, site=site)
    if len(cmd.note.strip()) < 3:
        raise BadInput(gettext_noop("Say what was found."))
    dose = doses.dose(cmd.dose_id)
    if dose.site_id != site.pk or dose.campaign_id != campaign.pk:
        raise Refusal(Refused.NOT_KNOWN, what="dose", key=cmd.dose_id)
    if dose.step is not None and dose.step.actor == actor.name:
        raise BadInput(gettext_noop("Somebody else than who gave the dose has to look at it."))
    note_review(dose, cmd.note, actor=actor, now=now)
