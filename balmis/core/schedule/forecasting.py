"""What comes next in a series, and when? (CDSi Logic Specification 4.6, chapter 7)"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from balmis.core.schedule.history import Case
from balmis.core.schedule.judging import Run, follows_rule, interval_start
from balmis.core.schedule.rules import BarRow, ProductRow, TargetDose
from balmis.core.schedule.walking import advance
from balmis.core.vocabulary import Finding, SeriesStatus, TargetStatus

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Advice:
    """A product for the next dose; `earliest` is its own when intervals depend on the product."""

    product: str
    earliest: date
    preferred: bool  # no *should* rule speaks against it


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one series says of the next dose."""

    status: SeriesStatus
    finding: Finding
    number: int = 1  # which dose would be next
    target: int | None = None
    role: str = ""
    earliest: date | None = None
    unadjusted_recommended: date | None = None
    recommended: date | None = None
    unadjusted_past_due: date | None = None
    past_due: date | None = None
    latest: date | None = None
    products: tuple[Advice, ...] = ()
    priority: bool = False
    bars: tuple[str, ...] = ()  # observations that forbid or limit
    deferred_until: date | None = None


@dataclass(frozen=True, slots=True)
class _Dates:
    earliest: date
    rec_age: date | None
    rec_interval: date | None
    due_age: date | None
    due_interval: date | None
    max_age: date | None


def forecast(run: Run) -> Forecast:
    """The forecast of the next target dose, stepping over those that need not be met."""
    advance(run, run.case.on, forecasting=True)
    while True:
        found = _forecast_target(run)
        if found.status is not SeriesStatus.NOT_COMPLETE or found.earliest is None:
            return found
        # what would no longer be asked for on the day itself is not recommended (7.6)
        if not advance(run, found.earliest, forecasting=True):
            return found


def _forecast_target(run: Run) -> Forecast:
    number = _dose_number(run)
    bars = list(active_bars(run.case, run.series.antigen))
    observed = tuple(dict.fromkeys(b.observation for b in bars))
    if is_immune(run.case, run.series.antigen):
        return Forecast(SeriesStatus.IMMUNE, Finding.IMMUNE, number)
    if any(not b.products for b in bars):
        return Forecast(SeriesStatus.CONTRAINDICATED, Finding.CONTRAINDICATED, number, bars=observed)
    if run.at == len(run.targets):
        if run.satisfied:
            return Forecast(SeriesStatus.COMPLETE, Finding.COMPLETE, number)
        return Forecast(SeriesStatus.NOT_RECOMMENDED, Finding.PROTECTED, number)
    dose = run.targets[run.at].dose
    if _all_barred(run.case, dose, bars):
        return Forecast(SeriesStatus.CONTRAINDICATED, Finding.CONTRAINDICATED, number, bars=observed)
    if dose.season_end is not None and run.case.on > dose.season_end:
        return Forecast(SeriesStatus.NOT_RECOMMENDED, Finding.SEASON_OVER, number)
    dates = _dates(run, dose, None)
    if dates.max_age is not None and run.case.on >= dates.max_age:
        return Forecast(SeriesStatus.AGED_OUT, Finding.AGED_OUT, number)
    if dates.max_age is not None and dates.earliest >= dates.max_age:
        return Forecast(SeriesStatus.AGED_OUT, Finding.CANNOT_FINISH, number)
    return _dated_forecast(run, dose, dates, number, bars, observed)


def _dated_forecast(
    run: Run, dose: TargetDose, dates: _Dates, number: int, bars: list[BarRow],
    observed: tuple[str, ...],
) -> Forecast:  # fmt: skip
    earliest = dates.earliest
    unadjusted = dates.rec_age or dates.rec_interval or earliest
    recommended = max(earliest, unadjusted)
    due = dates.due_age or dates.due_interval
    due = due - ONE_DAY if due else None
    on = run.case.on
    finding = Finding.DUE if earliest <= on else Finding.DUE_LATER
    if due is not None and on > max(due, earliest):
        finding = Finding.OVERDUE
    return Forecast(
        SeriesStatus.NOT_COMPLETE, finding, number, dose.number, dose.role, earliest, unadjusted,
        recommended, due, max(due, earliest) if due else None,
        dates.max_age - ONE_DAY if dates.max_age else None,
        tuple(_products(run, dose, bars, earliest, recommended)),
        bool(dose.intervals) and all(i.priority for i in dose.intervals), observed,
    )  # fmt: skip


def _dates(run: Run, dose: TargetDose, product: str | None) -> _Dates:
    """The latest of everything that must have passed, and what the rows recommend."""
    case = run.case
    earliest = [o for o in (dose.season_start, _last_dose_on(run), _conflict_end(run, dose)) if o]
    rec_age = due_age = max_age = None
    for age in dose.ages:
        if age.held[0] <= case.on <= age.held[1]:
            if age.min is not None:
                earliest.append(case.age_date(age.min))
            rec_age = case.age_date(age.rec_from) if age.rec_from else None
            due_age = case.age_date(age.rec_to) if age.rec_to else None
            max_age = case.age_date(age.max) if age.max else None
    rec: list[date] = []
    due: list[date] = []
    for row in dose.intervals:
        since = interval_start(run, row, product, case.on, evaluated=False)
        if since is None:
            continue
        if row.min is not None:
            earliest.append(row.min.after(since))
        if row.rec_from is not None:
            rec.append(row.rec_from.after(since))
        if row.rec_to is not None:
            due.append(row.rec_to.after(since))
    return _Dates(max(earliest, default=case.person.born), rec_age, max(rec, default=None),
                  due_age, max(due, default=None), max_age)  # fmt: skip


def _last_dose_on(run: Run) -> date | None:
    return run.records[-1].on if run.records else None


def _conflict_end(run: Run, dose: TargetDose) -> date | None:
    """The latest end of a conflict with a product meant for this dose (CALCDTCONFLICT-3)."""
    latest = None
    for row in dose.preferable:
        conflicts = run.case.schedule.conflicts.get(row.product)
        if not conflicts:
            continue
        for record in run.case.history:
            if found := conflicts.get(record.product):
                end = found.end.after(record.on)
                latest = end if latest is None else max(latest, end)
    return latest


def _dose_number(run: Run) -> int:
    """Satisfied targets plus one; of seasonal doses only those of this season (FORECASTDN-1)."""
    return 1 + sum(
        1
        for t in run.targets
        if t.status is TargetStatus.SATISFIED
        and (t.dose.season_start is None or (t.record and t.record.on >= t.dose.season_start))
    )


def is_immune(case: Case, antigen: str) -> bool:
    """Evidence of immunity: observed, or born before a day and not excluded (table 7-3)."""
    for row in case.schedule.immunity.get(antigen, ()):
        if row.observation:
            if case.observed(row.observation):
                return True
        elif (
            row.born_before
            and case.person.born < row.born_before
            and not any(case.observed(code) for code in row.exclusions)
            and (not row.country or row.country == case.person.country)
        ):
            return True
    return False


def active_bars(case: Case, antigen: str) -> Iterable[BarRow]:
    """Contraindications that apply today: to the antigen, or to some of its products."""
    for row in case.schedule.bars.get(antigen, ()):
        if case.observed(row.observation) and case.of_age(case.on, row.begin, row.end):
            if not row.products:
                yield row
            elif any(case.of_age(case.on, p.begin, p.end) for p in row.products):
                yield row


def _barred(case: Case, product: str, bars: list[BarRow]) -> bool:
    return any(
        p.product == product and case.of_age(case.on, p.begin, p.end)
        for b in bars
        for p in b.products
    )


def _all_barred(case: Case, dose: TargetDose, bars: list[BarRow]) -> bool:
    return bool(bars and dose.preferable) and all(
        _barred(case, row.product, bars) for row in dose.preferable
    )


def _products(
    run: Run, dose: TargetDose, bars: list[BarRow], earliest: date, recommended: date
) -> Iterable[Advice]:
    """Products to name, those no *should* rule speaks against first (FORECASTRECVAC-1)."""
    case = run.case
    found: list[Advice] = []
    for row in dose.preferable:
        if not row.forecast or _barred(case, row.product, bars):
            continue
        if not (case.of_age(earliest, row.begin, row.end)
                or case.of_age(recommended, row.begin, row.end)):  # fmt: skip
            continue
        broken = [r for r in dose.product_rules if not follows_rule(run, r, row.product, earliest)]
        if any(r.must for r in broken) or any(a.product == row.product for a in found):
            continue
        found.append(Advice(row.product, earliest, not broken))
    return sorted(found, key=lambda a: not a.preferred)


def rows_at(rows: Iterable[ProductRow], case: Case, day: date) -> list[ProductRow]:
    return [row for row in rows if case.of_age(day, row.begin, row.end)]
