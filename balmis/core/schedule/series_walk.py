"""Walk a history along a series: two pointers, one for doses, one for targets.

CDSi Logic Specification 4.6, sections 4.4, 6.1, 6.2.
"""

from datetime import date

from balmis.core.schedule.dose_evaluation import Note, Outcome, Run, Target, _silent, judge_dose
from balmis.core.schedule.history import Case, Record
from balmis.core.schedule.rules import ConditionRow, SeriesRules, SkipRow, SkipSetRow
from balmis.core.vocabulary.schedule import DoseStatus, Finding, TargetStatus


def walk(case: Case, series: SeriesRules, records: list[Record], note: Note = _silent) -> Run:
    """Judge every dose of the antigen along the series."""
    run = Run(case, series, records, [Target(d) for d in series.doses], note=note)
    for record in records:
        outcome = _meet(run, record)
        note(
            "dose",
            series=series.id,
            product=record.product,
            on=record.on,
            target=outcome.target,
            status=outcome.status,
            findings=outcome.findings,
        )
        run.outcomes.append(outcome)
    return run


def _meet(run: Run, record: Record) -> Outcome:
    """One dose meets the next target; a satisfied target makes way for the one after it."""
    expires = record.dose.lot_expires_on
    if expires is not None and record.on > expires:
        return Outcome(DoseStatus.SUBSTANDARD, (Finding.LOT_EXPIRED,))
    if record.dose.spoilt:
        return Outcome(DoseStatus.SUBSTANDARD, (Finding.DOSE_SPOILT,))
    advance(run, record.on, forecasting=False)
    if run.at == len(run.targets):
        return Outcome(DoseStatus.EXTRANEOUS, (Finding.SERIES_DONE,))
    target = run.targets[run.at]
    outcome = judge_dose(run, record, target.dose)
    if outcome.status is DoseStatus.VALID:
        target.status, target.record = TargetStatus.SATISFIED, record
        run.at += 1
        if target.dose.recurring:
            run.targets.insert(run.at, Target(target.dose))
    return outcome


def advance(run: Run, on: date, *, forecasting: bool) -> bool:
    """Pass over targets that need not be met on that day. Reading 4: the dose stays in hand."""
    moved = False
    while run.at < len(run.targets) and _skippable(run, on, forecasting=forecasting):
        run.note("skip", series=run.series.id, target=run.targets[run.at].dose.number, on=on)
        run.targets[run.at].status = TargetStatus.SKIPPED
        run.at += 1
        moved = True
    return moved


def _skippable(run: Run, on: date, *, forecasting: bool) -> bool:
    return any(
        _skip_met(run, skip, on, forecasting=forecasting)
        for skip in run.targets[run.at].dose.skips
        if (skip.forecast if forecasting else skip.evaluation)
    )


def _skip_met(run: Run, skip: SkipRow, on: date, *, forecasting: bool) -> bool:
    sets = [
        s
        for s in skip.sets
        if (run.case.held_now(s.held) if forecasting else s.held[0] <= on <= s.held[1])
    ]
    answers = (_set_met(run, s, on) for s in sets)
    return bool(sets) and (all(answers) if skip.every else any(answers))


def _set_met(run: Run, group: SkipSetRow, on: date) -> bool:
    answers = (_condition_met(run, c, on) for c in group.conditions)
    return all(answers) if group.every else any(answers)


def _condition_met(run: Run, ask: ConditionRow, on: date) -> bool:
    if ask.type == "age":
        if on == run.case.on:
            return run.case.of_age_now(ask.begin, ask.end)
        return run.case.of_age(on, ask.begin, ask.end)
    if ask.type == "completed_series":
        return not ask.series_groups.isdisjoint(run.case.complete.get(run.series.antigen, ()))
    if ask.type == "interval":
        done = len(run.outcomes)
        if done == 0 or ask.interval is None:
            return False
        day = ask.interval.after(run.records[done - 1].on)
        run.case.watch(day)
        return on >= day
    count = _count(run, ask)
    return {">": count > ask.count, "=": count == ask.count, "<": count < ask.count}[ask.op]


def _count(run: Run, ask: ConditionRow) -> int:
    """Doses so far of the products asked for, in the age and date window (CONDSKIP-1).

    Reading 5: while a dose is being judged, only the doses before it are counted. Doses of any
    antigen are counted in total; valid ones are those of this series.
    """
    if not ask.valid_only:
        done = len(run.outcomes)
        end = run.records[done].at if done < len(run.records) else len(run.case.history)
        return sum(1 for r in run.case.history[:end] if _is_asked_for(run, ask, r))
    return sum(
        1
        for record, outcome in zip(run.records, run.outcomes, strict=False)
        if outcome.status is DoseStatus.VALID and _is_asked_for(run, ask, record)
    )


def _is_asked_for(run: Run, ask: ConditionRow, record: Record) -> bool:
    return (
        (not ask.products or record.product in ask.products)
        and ask.from_ <= record.on < ask.to
        and run.case.of_age(record.on, ask.begin, ask.end)
    )
