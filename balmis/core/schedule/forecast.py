"""What comes next in a series, and when? (CDSi Logic Specification 4.6, chapter 7)"""

from dataclasses import dataclass
from datetime import date

from balmis.core.schedule.conditions import (
    Deferred,
    active_bars,
    all_barred,
    is_barred,
    is_immune,
    product_wait,
)
from balmis.core.schedule.dose_evaluation import Run, follows_rule, interval_start
from balmis.core.schedule.history import ONE_DAY
from balmis.core.schedule.rules import BarRow, ProductRow, TargetDose
from balmis.core.schedule.series_walk import advance
from balmis.core.vocabulary.schedule import Finding, SeriesStatus, TargetStatus


@dataclass(frozen=True, slots=True)
class Advice:
    """A product for the next dose; `earliest` is its own when intervals depend on the product."""

    product: str
    earliest: date
    preferred: bool  # no *should* rule speaks against it
    wait: Deferred | None = None  # what keeps this product waiting

    @property
    def ready_on(self) -> date | None:
        """The first day by schedule and deferral; None while the deferral's end is not known."""
        if self.wait is None:
            return self.earliest
        return max(self.earliest, self.wait.until) if self.wait.until else None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one series says of the next dose."""

    status: SeriesStatus
    finding: Finding
    number: int = 1  # which dose would be next
    target: int | None = None
    role: str = ""
    earliest: date | None = None
    recommended: date | None = None
    past_due: date | None = None
    latest: date | None = None
    products: tuple[Advice, ...] = ()
    priority: bool = False
    bars: tuple[str, ...] = ()  # observations that forbid or limit
    deferred: Deferred | None = None


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
    case, antigen, number = run.case, run.series.antigen, _dose_number(run)
    bars = active_bars(case, antigen)
    observed = tuple(dict.fromkeys(b.observation for b in bars))

    def closed(status: SeriesStatus, finding: Finding) -> Forecast:
        return Forecast(status, finding, number, bars=observed)

    if is_immune(case, antigen):
        return closed(SeriesStatus.IMMUNE, Finding.IMMUNE)
    if any(not b.products for b in bars):
        return closed(SeriesStatus.CONTRAINDICATED, Finding.CONTRAINDICATED)
    if run.at == len(run.targets):
        if run.satisfied:
            return closed(SeriesStatus.COMPLETE, Finding.COMPLETE)
        return closed(SeriesStatus.NOT_RECOMMENDED, Finding.PROTECTED)
    dose = run.targets[run.at].dose
    if all_barred(case, run.series.doses, bars):
        return closed(SeriesStatus.CONTRAINDICATED, Finding.CONTRAINDICATED)
    if dose.season_end is not None:
        case.watch(dose.season_end + ONE_DAY)
        if case.on > dose.season_end:
            return closed(SeriesStatus.NOT_RECOMMENDED, Finding.SEASON_OVER)
    options = _options(run, dose, bars)
    dates = (
        min(options, key=lambda o: (not o[1], o[2].earliest))[2]
        if options
        else (_dates(run, dose, None))
    )
    case.watch(dates.max_age)
    if dates.max_age is not None and case.on >= dates.max_age:
        return closed(SeriesStatus.AGED_OUT, Finding.AGED_OUT)
    if dates.max_age is not None and dates.earliest >= dates.max_age:
        return closed(SeriesStatus.AGED_OUT, Finding.CANNOT_FINISH)
    return _dated_forecast(run, dose, dates, options, number, observed)


_Option = tuple[ProductRow, bool, _Dates]  # a product, whether no *should* speaks against it


def _options(run: Run, dose: TargetDose, bars: list[BarRow]) -> list[_Option]:
    """The products that may be named, each with its dates; none twice.

    Product rules are asked for the first day on which the dose could still be given.
    """
    case = run.case
    case.watch(*(e.from_ for rule in dose.product_rules for e in rule.exceptions))
    by_product = any(row.when_this for row in dose.intervals)
    shared = None if by_product else _dates(run, dose, None)
    found: dict[str, _Option] = {}
    for row in dose.preferable:
        if not row.forecast or row.product in found or is_barred(case, row.product, bars):
            continue
        dates = shared or _dates(run, dose, row.product)
        day = max(dates.earliest, case.on)
        broken = [r for r in dose.product_rules if not follows_rule(run, r, row.product, day)]
        if not any(r.must for r in broken) and _of_age(run, row, dates):
            found[row.product] = (row, not broken, dates)
    return list(found.values())


def _of_age(run: Run, row: ProductRow, dates: _Dates) -> bool:
    """Is the person in the product's age window on the earliest or the recommended day
    (FORECASTRECVAC-1), or on the first day on which the dose could still be given?"""
    case = run.case
    if dates.earliest <= case.on and case.of_age_now(row.begin, row.end):
        return True
    days = (dates.earliest, max(dates.earliest, dates.rec_age or dates.rec_interval or date.min))
    return any(case.of_age(day, row.begin, row.end) for day in days)


def _dated_forecast(
    run: Run,
    dose: TargetDose,
    dates: _Dates,
    options: list[_Option],
    number: int,
    observed: tuple[str, ...],
) -> Forecast:
    case, earliest = run.case, dates.earliest
    due = dates.due_age or dates.due_interval
    past_due = max(due - ONE_DAY, earliest) if due else None
    case.watch(earliest, past_due and past_due + ONE_DAY)
    finding = Finding.DUE if earliest <= case.on else Finding.DUE_LATER
    if past_due is not None and case.on > past_due:
        finding = Finding.OVERDUE
    products = sorted(
        (
            Advice(
                row.product,
                own.earliest,
                preferred,
                product_wait(case, run.series.antigen, row.product),
            )
            for row, preferred, own in options
        ),
        key=lambda a: (not a.preferred, case.schedule.rank[a.product]),
    )
    if products:
        waits = [a.wait for a in products]
        wait = None if None in waits else min(waits, key=lambda w: (w and w.until) or date.max)
    else:
        wait = product_wait(case, run.series.antigen, None)
    return Forecast(
        status=SeriesStatus.NOT_COMPLETE,
        finding=Finding.DEFERRED if wait else finding,
        number=number,
        target=dose.number,
        role=dose.role,
        earliest=earliest,
        recommended=max(earliest, dates.rec_age or dates.rec_interval or earliest),
        past_due=past_due,
        latest=dates.max_age - ONE_DAY if dates.max_age else None,
        products=tuple(products),
        priority=bool(dose.intervals) and all(i.priority for i in dose.intervals),
        bars=observed,
        deferred=wait,
    )


def _dates(run: Run, dose: TargetDose, product: str | None) -> _Dates:
    """The latest of everything that must have passed, and what the rows recommend."""
    case = run.case
    earliest = [o for o in (dose.season_start, _last_dose_on(run), _conflict_end(run, dose)) if o]
    rec_age = due_age = max_age = None
    for age in dose.ages:
        if not case.held_now(age.held):
            continue
        if age.min is not None:
            earliest.append(case.age_date(age.min))
        rec_age = case.age_date(age.rec_from) if age.rec_from else None
        due_age = case.age_date(age.rec_to) if age.rec_to else None
        max_age = case.age_date(age.max) if age.max else None
    rec: list[date] = []
    due: list[date] = []
    for row in dose.intervals:
        since = interval_start(run, row, product, None)
        if since is None:
            continue
        if row.min is not None:
            earliest.append(row.min.after(since))
        if row.rec_from is not None:
            rec.append(row.rec_from.after(since))
        if row.rec_to is not None:
            due.append(row.rec_to.after(since))
    return _Dates(
        max(earliest, default=case.person.born),
        rec_age,
        max(rec, default=None),
        due_age,
        max(due, default=None),
        max_age,
    )


def _last_dose_on(run: Run) -> date | None:
    return run.records[-1].on if run.records else None


def _conflict_end(run: Run, dose: TargetDose) -> date | None:
    """The latest end of a conflict with a product meant for this dose (CALCDTCONFLICT-3)."""
    ends = [
        found.end.after(record.on)
        for row in dose.preferable
        if (conflicts := run.case.schedule.conflicts.get(row.product))
        for record in run.case.history
        if (found := conflicts.get(record.product))
    ]
    return max(ends, default=None)


def _dose_number(run: Run) -> int:
    """Satisfied targets plus one; of seasonal doses only those of this season (FORECASTDN-1)."""
    return 1 + sum(
        1
        for t in run.targets
        if t.status is TargetStatus.SATISFIED
        and (t.dose.season_start is None or (t.record and t.record.on >= t.dose.season_start))
    )
