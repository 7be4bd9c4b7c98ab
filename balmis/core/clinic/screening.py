"""Questions before a vaccination, as versioned data, and what the answers say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from balmis.core.vocabulary.clinic import Outcome
from balmis.core.vocabulary.people import Sex

Names = Annotated[dict[str, str], Meta(min_length=1)]


class Question(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A question whose answer is yes or no; `then` says what a yes means."""

    code: str
    text: Names
    then: Outcome
    days: int | None = None  # for a deferral: not before so many days from today
    products: tuple[str, ...] = ()  # it is asked for these alone; empty: for all
    ask_sex: str = ""  # it is asked of these alone ('F'); empty: of everyone
    advice: Annotated[dict[str, str], Meta()] = {}  # what the clerk says to a yes
    source: str = ""


class Questionnaire(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    code: str
    version: str
    title: Names
    source: str
    questions: tuple[Question, ...]
    products: tuple[str, ...] = ()  # for these; empty: for all
    areas: tuple[str, ...] = ()  # codes of areas in which it is in use; empty: everywhere


class Text(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a person is told before consenting."""

    code: str
    version: str
    title: Names
    text: Names
    source: str
    products: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScreeningResult:
    """What the answers say; `reasons` are the questions answered with yes that say it."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    until: date | None = None  # of a deferral; None: no day can be said
    missing: tuple[str, ...] = ()  # questions without an answer


ORDER = list(Outcome)


def asked(of: Questionnaire, *, product: str, sex: str) -> list[Question]:
    """The questions for this person and product, in their order. '' asks all of a kind."""
    return [
        q
        for q in of.questions
        if (not q.products or not product or product in q.products)
        and (not q.ask_sex or not sex or sex == Sex.UNKNOWN or sex in q.ask_sex)
    ]


def screen(questions: Sequence[Question], answers: Mapping[str, bool], on: date) -> ScreeningResult:
    """The gravest outcome of all answers; for a deferral the latest day. Nothing answered with
    yes says: proceed, if every question has an answer."""
    yes = [q for q in questions if answers.get(q.code)]
    missing = tuple(q.code for q in questions if q.code not in answers)
    outcome = max((q.then for q in yes), key=ORDER.index, default=Outcome.PROCEED)
    deciding = [q for q in yes if q.then is outcome]
    days = [q.days for q in deciding if q.days is not None]
    until = on + timedelta(days=max(days)) if days and len(days) == len(deciding) else None
    return ScreeningResult(outcome, tuple(q.code for q in deciding), until, missing)


class AgeDose(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Adrenaline of 1 mg/mL into the muscle, from this age on."""

    from_months: int
    micrograms: int
    millilitres: float


class Emergency(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is done first, on the chair, without a network."""

    code: str
    version: str
    source: str
    steps: tuple[Names, ...]
    doses: tuple[AgeDose, ...]  # the youngest first


class ClinicFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file of questionnaires and consent texts."""

    format: str
    screening: tuple[Questionnaire, ...] = ()
    consent: tuple[Text, ...] = ()
    emergency: tuple[Emergency, ...] = ()
