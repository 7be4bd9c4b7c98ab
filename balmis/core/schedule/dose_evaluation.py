"""Does one given dose satisfy one target dose? (CDSi Logic Specification 4.6, chapter 6)"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from balmis.core.schedule.history import Case, Record
from balmis.core.schedule.rules import (
    IntervalRow,
    ProductRow,
    ProductRuleRow,
    SeriesRules,
    TargetDose,
)
from balmis.core.vocabulary.schedule import DoseStatus, Finding, TargetStatus


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one dose in one series."""

    status: DoseStatus
    findings: tuple[Finding, ...] = ()
    target: int | None = None  # number of the target dose it was held against

    @property
    def is_inadvertent(self) -> bool:
        return Finding.INADVERTENT in self.findings


@dataclass(slots=True)
class Target:
    dose: TargetDose
    status: TargetStatus = TargetStatus.NOT_SATISFIED
    record: Record | None = None


Note = Callable[..., None]


def _silent(step: str, **facts: object) -> None:
    """No trace was asked for."""


@dataclass(slots=True)
class Run:
    """A person's way along one series: doses judged so far and the target that is next."""

    case: Case
    series: SeriesRules
    records: list[Record]
    targets: list[Target] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)  # of records[: len(outcomes)]
    at: int = 0  # index of the target that is next
    note: Note = _silent

    @property
    def satisfied(self) -> list[Target]:
        return [t for t in self.targets if t.status is TargetStatus.SATISFIED]

    def outcome_of(self, record: Record) -> Outcome | None:
        """How this series judged the dose; None for doses of other antigens or still to come."""
        for n, outcome in enumerate(self.outcomes):
            if self.records[n] is record:
                return outcome
        return None


def judge_dose(run: Run, record: Record, dose: TargetDose) -> Outcome:
    """The dose against the target; all reasons are collected, also when one would do."""
    if record.product in dose.inadvertent:
        return Outcome(DoseStatus.NOT_VALID, (Finding.INADVERTENT,), dose.number)
    findings: list[Finding] = []
    of_age = _judge_age(run.case, record, dose, findings)
    if of_age is None:
        return Outcome(DoseStatus.EXTRANEOUS, (Finding.TOO_OLD,), dose.number)
    # every question is asked, so that the person hears all reasons at once
    counts = all(
        (
            of_age,
            _judge_intervals(run, record, dose, findings),
            not _conflicts(run, record, findings),
            _judge_product(run.case, record, dose, findings),
            _judge_product_rules(run, record, dose, findings),
        )
    )
    status = DoseStatus.VALID if counts else DoseStatus.NOT_VALID
    return Outcome(status, tuple(findings), dose.number)


def _judge_age(
    case: Case, record: Record, dose: TargetDose, findings: list[Finding]
) -> bool | None:
    """True: of age (perhaps by grace); False: too young; None: too old."""
    for age in dose.ages:
        if not age.held[0] <= record.on <= age.held[1]:
            continue
        if age.max is not None and record.on >= case.age_date(age.max):
            return None
        if age.abs_min is not None and record.on < case.age_date(age.abs_min):
            findings.append(Finding.TOO_YOUNG)
            return False
        if age.min is not None and record.on < case.age_date(age.min):
            findings.append(Finding.AGE_GRACE)
    return True


def _judge_intervals(run: Run, record: Record, dose: TargetDose, findings: list[Finding]) -> bool:
    """All preferable intervals, or else all allowable ones (of which there must be some)."""
    grace = False
    for row in dose.intervals:
        since = interval_start(run, row, record.product, record.on)
        if since is None:
            continue
        if row.abs_min is not None and record.on < row.abs_min.after(since):
            return _judge_allowable(run, record, dose, findings)
        if row.min is not None and record.on < row.min.after(since):
            grace = True
    if grace:
        findings.append(Finding.INTERVAL_GRACE)
    return True


def _judge_allowable(run: Run, record: Record, dose: TargetDose, findings: list[Finding]) -> bool:
    rows = 0
    for row in dose.allowable_intervals:
        if not row.held[0] <= record.on <= row.held[1]:
            continue
        rows += 1
        since = interval_start(run, row, record.product, record.on)
        if since and row.abs_min is not None and record.on < row.abs_min.after(since):
            rows = 0
            break
    findings.append(Finding.SHORT_INTERVAL_ALLOWED if rows else Finding.TOO_SOON)
    return rows > 0


def interval_start(run: Run, row: IntervalRow, product: str | None, on: date | None) -> date | None:
    """From which day the interval counts; None when the row does not apply.

    `on` is the dose's day, None while forecasting: it chooses between dated rows. `product` is
    the dose's own. Reading 3: a row whose reference dose or observation does not exist asks
    nothing.
    """
    if not (row.held[0] <= on <= row.held[1] if on else run.case.held_now(row.held)):
        return None
    if row.when_this and product not in row.when_this:
        return None
    if row.from_observation:
        seen = run.case.observed(row.from_observation)
        return seen.on if seen else None
    if row.from_dose is not None:
        for target in run.targets:
            if target.dose.number == row.from_dose and target.record:
                return target.record.on
        return None
    if row.from_recent:
        return _most_recent(run, row.from_recent)
    previous = previous_dose(run)
    if previous is None or (row.when_previous and previous.product not in row.when_previous):
        return None
    return previous.on


def previous_dose(run: Run) -> Record | None:
    """The last dose that was valid or not valid and not inadvertent (CALCDTINT-1)."""
    for n in range(len(run.outcomes) - 1, -1, -1):
        outcome = run.outcomes[n]
        if (
            outcome.status in (DoseStatus.VALID, DoseStatus.NOT_VALID)
            and not outcome.is_inadvertent
        ):
            return run.records[n]
    return None


def _most_recent(run: Run, products: frozenset[str]) -> date | None:
    """The last dose of these products so far, whatever its antigen (CALCDTINT-8)."""
    done = len(run.outcomes)
    end = run.records[done].at if done < len(run.records) else len(run.case.history)
    for record in reversed(run.case.history[:end]):
        if record.product in products:
            outcome = run.outcome_of(record)
            if outcome is None or not outcome.is_inadvertent:
                return record.on
    return None


def _conflicts(run: Run, record: Record, findings: list[Finding]) -> bool:
    """Was another vaccine given so shortly before that this one may not work? (table 6-24)

    Reading 12: a dose of another antigen has no evaluation status here.
    """
    rows = run.case.schedule.conflicts.get(record.product)
    if not rows:
        return False
    for before in run.case.history[: record.at]:
        row = rows.get(before.product)
        if row is None:
            continue
        outcome = run.outcome_of(before)
        ends = row.min_end if outcome is None or outcome.status is DoseStatus.VALID else row.end
        if row.begin.after(before.on) <= record.on < ends.after(before.on):
            findings.append(Finding.CONFLICT)
            return True
    return False


def _judge_product(case: Case, record: Record, dose: TargetDose, findings: list[Finding]) -> bool:
    reason = Finding.PRODUCT_NOT_ALLOWED
    for row in dose.preferable:
        if row.product != record.product:
            continue
        if not case.of_age(record.on, row.begin, row.end):
            reason = Finding.PRODUCT_WRONG_AGE
        elif _is_brand(row, record):
            if row.volume and record.dose.volume and record.dose.volume < row.volume:
                findings.append(Finding.LOW_VOLUME)
            return True
    for row in dose.allowable:
        if row.product != record.product:
            continue
        if case.of_age(record.on, row.begin, row.end):
            return True
        reason = Finding.PRODUCT_WRONG_AGE
    findings.append(reason)
    return False


def _is_brand(row: ProductRow, record: Record) -> bool:
    """Where a row names a brand: the same manufacturer, or the same name as far as known.

    Reading 8: names are compared by letters and digits only; registries spell them freely.
    """
    if not row.trade_name:
        return True
    if row.mvx and record.dose.mvx:
        return row.mvx == record.dose.mvx
    return _letters(row.trade_name) == _letters(record.dose.trade_name)


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _judge_product_rules(
    run: Run, record: Record, dose: TargetDose, findings: list[Finding]
) -> bool:
    for rule in dose.product_rules:
        if follows_rule(run, rule, record.product, record.on):
            continue
        findings.append(Finding.OTHER_THAN_MUST if rule.must else Finding.OTHER_THAN_SHOULD)
        if rule.must:
            return False
    return True


def follows_rule(run: Run, rule: ProductRuleRow, product: str, on: date) -> bool:
    """Is `product` of the same kind as the earlier dose, or an accepted exception?"""
    if rule.same_as == "previous":
        earlier = previous_dose(run)
    else:
        earlier = next(
            (t.record for t in run.targets if t.dose.number == rule.same_as and t.record), None
        )
    if earlier is None:
        return True
    products = run.case.schedule.products
    if rule.key == "product":
        same = earlier.product == product
    else:
        same = getattr(products[earlier.product], rule.key) == getattr(products[product], rule.key)
    return same or any(product in e.products and on >= e.from_ for e in rule.exceptions)
