"""Two people judge causality, not knowing of each other; a third decides where they differ."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.journal import audit
from balmis.contexts.safety import assessments, cases
from balmis.contexts.safety.models import Assessment, Case
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, Conflict, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.safety.causality import KOREAN, Agreement, Answers, agreement, classify
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.safety import CaseNoteKind, CaseStatus, CausalClass
from balmis.flows.retry import retried
from balmis.flows.safety.reactions import Seen, seen_of


@dataclass(frozen=True, slots=True)
class ToAssess:
    """A case that waits for an assessor, with as much of the others' work as they may see."""

    case: Case
    given: int  # assessments so far
    own: Assessment | None
    others: tuple[Assessment, ...]  # only once both are there
    differ: bool
    korean: tuple[str, ...]
    reactions: tuple[Seen, ...]  # at the site, sign by sign
    final: Assessment | None


def waiting(slug: str, *, actor: Actor) -> list[ToAssess]:
    """Cases that wait for causality. Raises NotAllowed."""
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.ASSESS_CASE, area=campaign.area)
    found = [c for c in cases.open_cases(campaign.pk) if c.status == CaseStatus.AWAITING]
    return [_to_assess(c, actor) for c in found]


@transaction.atomic
def look(slug: str, key: int, *, actor: Actor, now: datetime) -> ToAssess:
    """Raises NotAllowed, Refusal(NOT_KNOWN). The look is logged."""
    case = _case(slug, key, actor)
    audit.record(
        "case.read_to_assess",
        f"case:{key}",
        actor=actor,
        now=now,
        people=[case.person_id] if case.person_id else [],
    )
    return _to_assess(case, actor)


def _case(slug: str, key: int, actor: Actor) -> Case:
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.ASSESS_CASE, area=campaign.area)
    case = cases.case(key)
    if case.campaign_id != campaign.pk or case.status not in (
        CaseStatus.AWAITING,
        CaseStatus.CLASSIFIED,
    ):
        raise Refusal(Refused.NOT_KNOWN, what="case to assess", key=key)
    return case


def _waiting(slug: str, key: int, actor: Actor) -> Case:
    """Locked. Raises Conflict for one that was decided meanwhile."""
    case = cases.lock_case(_case(slug, key, actor).pk)
    if case.status != CaseStatus.AWAITING:
        raise Conflict(gettext_noop("This case was decided meanwhile. Look at it again."))
    return case


def _to_assess(case: Case, actor: Actor) -> ToAssess:
    given = assessments.of_round(case)
    own = next((a for a in given if a.actor == actor.name), None)
    both = len(given) >= 2
    differ = both and len({a.classification for a in given[:2]}) > 1
    final = assessments.final_of(case)
    last = CausalClass(final.classification) if final else None
    return ToAssess(
        case,
        len(given),
        own,
        tuple(given) if both else (),
        differ,
        KOREAN[last] if last else (),
        tuple(seen_of(r) for r in case.reactions.all()),
        final,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessCase:
    """What one assessor answers of a case, and why."""

    campaign: str
    case_id: int
    answers: Answers
    note: str


@retried
@transaction.atomic(durable=True)
def assess(cmd: AssessCase, *, actor: Actor, now: datetime) -> Assessment:
    """One assessor's answers; the class follows from them. When both agree, the case is classified.

    Raises NotAllowed, BadInput, Refusal(NOT_KNOWN, NOT_BLIND).
    """
    case = _waiting(cmd.campaign, cmd.case_id, actor)
    if len(cmd.note.strip()) < 3:
        raise BadInput(gettext_noop("Say what led you to this, in a few words."))
    given = assessments.of_round(case)
    if any(a.actor == actor.name for a in given):
        raise Refusal(Refused.NOT_BLIND)
    if len(given) >= 2:
        raise BadInput(gettext_noop("Two people have assessed this case. Decide between them."))
    found = classify(cmd.answers)
    made = assessments.add(
        case, asdict(cmd.answers), found.classification, cmd.note, final=False, actor=actor, now=now
    )
    audit.record("case.assessed", f"case:{cmd.case_id}", actor=actor, now=now)
    both = [*given, made]
    if len(both) == 2 and both[0].classification == both[1].classification:
        _conclude(case, found.classification, gettext_noop("Both assessors agree."), actor, now)
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideCase:
    """What a third person decides between two assessors."""

    campaign: str
    case_id: int
    classification: CausalClass
    note: str


@retried
@transaction.atomic(durable=True)
def decide(cmd: DecideCase, *, actor: Actor, now: datetime) -> Case:
    """Where two differ, a third person decides, having read both.

    Raises NotAllowed, BadInput, Refusal(NOT_BLIND) for one of the two.
    """
    case = _waiting(cmd.campaign, cmd.case_id, actor)
    given = assessments.of_round(case)
    if len(given) < 2:
        raise BadInput(gettext_noop("Two people assess the case first."))
    if any(a.actor == actor.name for a in given):
        raise Refusal(Refused.NOT_BLIND)
    if len(cmd.note.strip()) < 3:
        raise BadInput(gettext_noop("Say what led you to this, in a few words."))
    _conclude(case, cmd.classification, cmd.note, actor, now)
    return case


def _conclude(
    case: Case, classification: CausalClass, note: str, actor: Actor, now: datetime
) -> None:
    assessments.add(case, {}, classification, note, final=True, actor=actor, now=now)
    cases.move(case, CaseStatus.CLASSIFIED)
    cases.note(
        case,
        CaseNoteKind.CLASSIFIED,
        note,
        at=now,
        actor=actor,
        now=now,
        value=classification.value,
    )
    audit.record(
        "case.classified", f"case:{case.pk}", actor=actor, now=now, value=classification.value
    )


@dataclass(frozen=True, slots=True)
class AssessmentFigures:
    """How cases were classified, and how well two assessors agree."""

    classes: dict[str, int]
    agreement: Agreement


def figures(slug: str, *, actor: Actor) -> AssessmentFigures:
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.READ_REPORT, area=campaign.area)
    pairs, finals = assessments.pairs(campaign.pk)
    return AssessmentFigures(dict(Counter(finals)), agreement(pairs))
