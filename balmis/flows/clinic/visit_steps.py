"""A step of a visit, from a desk's device: at once, or hours later when the network is back.

A device makes the id of each step; the same id is the same step for ever. A fact is never
refused because a rule was broken: it is recorded and flagged. What is refused is what cannot
be read, or is not this person's to do.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import msgspec
from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.booking import bookings
from balmis.contexts.booking.models import Booking
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import deferrals, duplicate_doses, visits
from balmis.contexts.clinic import queries as doses
from balmis.contexts.clinic.models import Conflict, Step, Visit
from balmis.contexts.clinic.visits import Seen
from balmis.contexts.journal import audit, locks, outbox
from balmis.contexts.journal.reference_cache import reference
from balmis.contexts.people import queries as people
from balmis.contexts.people.models import Person
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Site
from balmis.contexts.safety import cases, reactions
from balmis.core.actor import Actor
from balmis.core.clinic import step_facts as said
from balmis.core.clinic.screening import ScreeningResult, asked, screen
from balmis.core.clinic.step_facts import Sent
from balmis.core.dates import PLAUSIBLE_YEARS, local_day
from balmis.core.errors import BadInput, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.clinic import Outcome, Party, StepKind
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import Source
from balmis.flows.access.actors import AT_ONCE, check_moment, doer, of_then
from balmis.flows.clinic import doses_of_day
from balmis.flows.clinic.dose_of_step import Known
from balmis.flows.clinic.dose_review import review_again
from balmis.flows.clinic.signatures import with_signer
from balmis.flows.clinic.texts import questionnaire
from balmis.flows.retry import retried


@dataclass(frozen=True, slots=True)
class Desk:
    """Where steps come from."""

    slug: str
    site: str
    device: str  # its name, kept with each step


@dataclass(frozen=True, slots=True)
class Taken:
    step: Step
    visit: Visit
    is_new: bool
    conflict: Conflict | None = None
    lost: tuple[
        Booking, ...
    ] = ()  # appointments that an undone dose had ended, and whose place is gone


# after which something may stand against a dose, or no longer
STOPPING = (StepKind.SCREEN, StepKind.DOCTOR, StepKind.DEFER, StepKind.UNDO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a step is about, looked up; the person is held."""

    campaign: Campaign
    site: Site
    person: Person
    visit: Visit
    on: date
    sent: Sent
    seen: Seen  # the person's day so far
    actor: Actor
    now: datetime


@retried
@transaction.atomic(durable=True)
@reference()
def take_step(desk: Desk, sent: Sent, *, actor: Actor, now: datetime) -> Taken:
    """Record the step; a retry gives back the first. Raises NotAllowed, BadInput,
    Refusal(NOT_KNOWN, REQUEST_REUSED)."""
    actor = of_then(actor, sent.at, now)
    campaign, site = at_desk(desk.slug, desk.site, actor)
    actor = doer(sent.by, sent.at, site, actor, now)
    facts = said.read_facts(sent.kind, sent.facts)
    _check_allowed(sent, facts, site, actor, now)
    if sent.kind in (StepKind.DOSE, StepKind.UNDO, StepKind.REACTION):
        locks.write_facts(locks.STOCK, campaign.pk)
    person = people.lock_canonical(sent.person)  # one writer per person
    person.area = places.area_of(person.area_id)
    campaigns.check_within(campaign, person.area, what="person", key=sent.person)
    on = local_day(sent.at, site.time_zone)
    seen = visits.seen(campaign, person, on, sent.request_id)
    if seen.earlier is not None:
        return _again(seen.earlier, sent, person)
    visit = _undone_in(seen, facts, site) or seen.at(site, person)
    if visit is None:
        booking = bookings.booking_here(person.pk, campaign.pk, site.pk, on)
        visit = visits.begin_visit(campaign, person, site, on, booking, at=sent.at)
    visit.campaign, visit.site, visit.person = campaign, site, person
    scene = Scene(
        campaign=campaign,
        site=site,
        person=person,
        visit=visit,
        on=on,
        sent=sent,
        seen=seen,
        actor=actor,
        now=now,
    )
    _check_goes(scene, facts)
    facts, screened = _complete(scene, facts)
    step = visits.add_step(
        visit,
        sent.request_id,
        sent.kind,
        msgspec.to_builtins(facts),
        at=sent.at,
        device=desk.device,
        actor=actor,
        now=now,
    )
    conflict = _follow(scene, step, facts, screened)
    lost = _undo(scene, step, facts) if isinstance(facts, said.Undo) else []
    _settle(scene, step)
    audit.record(
        f"visit.{sent.kind}",
        f"visit:{visit.pk}",
        actor=actor.on_request(sent.request_id),
        now=now,
        step=step.pk,
    )
    return Taken(step, visit, True, conflict, tuple(lost))


def _settle(scene: Scene, step: Step) -> None:
    """What is worked out from all steps of the visit, and later from what stands against a dose."""
    steps = [*scene.seen.steps_of(scene.visit), step]
    review_again(step, steps, now=scene.now)
    visits.refresh(scene.visit, steps)
    if scene.sent.kind in STOPPING and deferrals.has_any(scene.person.pk):
        outbox.publish("person.changed.v1", now=scene.now, person=scene.person.pk)


def _undone_in(seen: Seen, facts: said.Said, site: Site) -> Visit | None:
    """The visit of the step that is undone: after a merge, a person may have two of a day here."""
    if not isinstance(facts, said.Undo):
        return None
    named = next((s for s in seen.steps if s.request_id == facts.step), None)
    return next(
        (v for v in seen.visits if named and v.pk == named.visit_id and v.site_id == site.pk), None
    )


def _again(earlier: Step, sent: Sent, person: Person) -> Taken:
    """The same step as before. Raises Refusal(REQUEST_REUSED)."""
    own = people.canonical_id(earlier.visit.person_id) == person.pk
    if earlier.kind != sent.kind or not own:
        raise Refusal(Refused.REQUEST_REUSED, request_id=str(sent.request_id))
    return Taken(earlier, earlier.visit, False)


def at_desk(slug: str, site_code: str, actor: Actor) -> tuple[Campaign, Site]:
    """The campaign and a site in its area at which the actor works. Raises NotAllowed,
    Refusal(NOT_KNOWN)."""
    campaign, site = campaigns.campaign(slug), places.site(site_code)
    campaigns.check_within(campaign, site.area, what="site", key=site_code)
    check_may(actor, Act.RUN_CLINIC, site=site)
    return campaign, site


def _check_allowed(sent: Sent, facts: said.Said, site: Site, actor: Actor, now: datetime) -> None:
    check_moment(sent.at, now)
    if sent.kind is StepKind.DOCTOR:
        check_may(actor, Act.DECIDE_AS_DOCTOR, site=site)
    if sent.kind is StepKind.DOSE:
        check_may(actor, Act.RECORD_DOSE, site=site)
    if sent.kind is StepKind.REACTION:
        check_may(actor, Act.REPORT_EVENT, site=site)
    if isinstance(facts, said.GiveDose) and facts.vial:
        _check_opened(facts.vial.opened_at)
    if isinstance(facts, said.Consent) and facts.by == Party.GUARDIAN and not facts.name:
        raise BadInput("consent: name the guardian who consents")


def _check_opened(at: datetime) -> None:
    if at.tzinfo is None:
        raise BadInput("dose: the time at which the vial was opened lacks its offset")
    if at.year not in PLAUSIBLE_YEARS:
        raise BadInput(f"dose: no vial was opened at {at.isoformat()}")


def _check_goes(scene: Scene, facts: said.Said) -> None:
    """Whoever sends somebody home before the end of the observation, or after a reaction, says why. What
    was done without a network is a fact and stands. Raises BadInput."""
    if not isinstance(facts, (said.Discharge, said.Refuse)) or facts.reason.strip():
        return
    if scene.sent.kind not in (StepKind.DISCHARGE, StepKind.LEAVE):
        return
    if scene.now - scene.sent.at > AT_ONCE:
        return
    steps = visits.standing(scene.seen.steps_of(scene.visit))
    seat = next((s for s in reversed(steps) if s.kind == StepKind.SEAT), None)
    ends = seat.at + timedelta(minutes=seat.facts["minutes"]) if seat else None
    early = ends is not None and scene.sent.at < ends - AT_ONCE
    if early or any(s.kind == StepKind.REACTION for s in steps):
        raise BadInput(gettext_noop("Say why the person goes before the end, or after a reaction."))


def _complete(scene: Scene, facts: said.Said) -> tuple[said.Said, ScreeningResult | None]:
    """A screening's outcome is worked out here, from the same data as on the device; and who signed for a
    dose against the check."""
    if isinstance(facts, said.GiveDose):
        sent, site = scene.sent, scene.site
        return with_signer(facts, scene.person.pk, site, scene.actor, at=sent.at), None
    if not isinstance(facts, said.Screen):
        return facts, None
    of = questionnaire(facts.questionnaire, facts.version)
    found = screen(asked(of, product=facts.product, sex=scene.person.sex), facts.answers, scene.on)
    if found.missing:
        raise BadInput(f"screen: {', '.join(found.missing)} has no answer")
    whole = {**msgspec.to_builtins(facts), "outcome": found.outcome.value}
    return msgspec.convert(whole, said.Screened), found


def _follow(
    scene: Scene, step: Step, facts: said.Said, screened: ScreeningResult | None
) -> Conflict | None:
    """What else must be true once the step is."""
    if screened is not None:
        if screened.outcome is Outcome.DEFER:  # what must never be given is the doctor's to say
            deferrals.defer(
                step,
                scene.person,
                screened.outcome,
                product="",
                until=screened.until,
                reason=", ".join(screened.reasons),
            )
    elif isinstance(facts, said.Doctor) and facts.outcome in (Outcome.DEFER, Outcome.NEVER):
        until = facts.until if facts.outcome is Outcome.DEFER else None
        deferrals.defer(
            step, scene.person, facts.outcome, product=facts.product, until=until, reason=facts.text
        )
    elif isinstance(facts, said.Defer):
        until = facts.until or scene.on + timedelta(days=1)  # without a day: not today
        deferrals.defer(
            step, scene.person, Outcome.DEFER, product="", until=until, reason=facts.reason
        )
    elif isinstance(facts, said.GiveDose):
        return _give(scene, step)
    elif isinstance(facts, said.Reaction):
        _report(scene, step, facts)
    return None


def _report(scene: Scene, step: Step, facts: said.Reaction) -> None:
    dose = visits.dose_of_day(scene.person.pk, scene.campaign.pk, scene.on)
    _, case, made = cases.record_event(
        cases.ToldEvent(
            request_id=step.request_id,
            onset_on=scene.on,
            serious=facts.serious,
            died=False,
            dose_id=dose.pk if dose else None,
            person_id=scene.person.pk,
            source=Source.SITE,
            onset_at=step.at,
            noticed_at=step.at,
            words=facts.what,
        ),
        scene.campaign,
        joins=reactions.case_of_visit(scene.visit.pk),
        actor=scene.actor,
        now=scene.now,
    )
    if made:
        reactions.begin(scene.visit, case, at=step.at)


def _give(scene: Scene, step: Step) -> Conflict | None:
    """The dose; or, when there is another of that day, the conflict."""
    told = any(s.kind == StepKind.DOSE for s in scene.seen.steps)
    live = [] if told else doses.live_doses(scene.person.pk)
    told = told or any(d.campaign_id == scene.campaign.pk and d.given_on == scene.on for d in live)
    if not told:
        if doses.dose_for_request(step.request_id) is not None:  # which no step made
            raise Refusal(Refused.REQUEST_REUSED, request_id=str(step.request_id))
        known = Known([*scene.seen.steps_of(scene.visit), step], live)
        doses_of_day.first_of_day(step, known, actor=scene.actor, now=scene.now)
        return None
    doses_of_day.settle_day(
        scene.campaign, scene.person, scene.on, actor=scene.actor, now=scene.now
    )
    return duplicate_doses.conflict_with(step)


def _undo(scene: Scene, step: Step, facts: said.Undo) -> list[Booking]:
    """Returns appointments whose place is gone. Raises Refusal(NOT_KNOWN) for a step of another visit."""
    undone = visits.step_for_request(facts.step)
    if undone is None or undone.visit_id != scene.visit.pk:
        raise Refusal(Refused.NOT_KNOWN, what="step", key=str(facts.step))
    if undone.kind == StepKind.UNDO:
        raise BadInput("An undo is not undone; record the step again.")
    if undone.kind == StepKind.DOCTOR:
        check_may(scene.actor, Act.DECIDE_AS_DOCTOR, site=scene.site)
    if undone.kind == StepKind.REACTION:
        cases.taken_back(
            undone.request_id, facts.reason, at=step.at, actor=scene.actor, now=scene.now
        )
    if undone.kind == StepKind.DOSE:
        check_may(scene.actor, Act.CORRECT_DOSE, site=scene.site)
        return doses_of_day.undo_dose(
            doses_of_day.UndoDose(undone=undone, by=step, reason=facts.reason),
            scene.person,
            actor=scene.actor,
            now=scene.now,
        )
    return []
