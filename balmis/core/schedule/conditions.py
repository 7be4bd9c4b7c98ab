"""What speaks for or against a person beside the doses: immunity, contraindications, deferrals.

CDSi Logic Specification 4.6, sections 7.2 and 7.3; deferrals are this house's own: they
move the day, and never say that a dose does not count.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from balmis.core.schedule.history import ONE_DAY, Case
from balmis.core.schedule.rules import BarRow, DeferralRow, TargetDose


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now. `until` is the first day free of it; None: its end is not known."""

    observation: str
    until: date | None
    text: tuple[tuple[str, str], ...]  # language and words


def is_immune(case: Case, antigen: str) -> bool:
    """Evidence of immunity: observed, or born before a day and not excluded (table 7-3)."""
    return any(
        bool(case.observed(row.observation))
        if row.observation
        else (
            row.born_before is not None
            and case.person.born < row.born_before
            and not any(case.observed(code) for code in row.exclusions)
            and (not row.country or row.country == case.person.country)
        )
        for row in case.schedule.immunity.get(antigen, ())
    )


def active_bars(case: Case, antigen: str) -> list[BarRow]:
    """Contraindications that apply today: to the antigen, or to some of its products."""
    return [
        row
        for row in case.schedule.bars.get(antigen, ())
        if case.observed(row.observation)
        and case.of_age_now(row.begin, row.end)
        and (not row.products or any([case.of_age_now(p.begin, p.end) for p in row.products]))  # noqa: C419 every window is asked, so that none is missed
    ]


def is_barred(case: Case, product: str, bars: Iterable[BarRow]) -> bool:
    """Is this product forbidden, at the person's age today?"""
    return any(
        p.product == product and case.of_age(case.on, p.begin, p.end)
        for b in bars
        for p in b.products
    )


def all_barred(case: Case, doses: Iterable[TargetDose], bars: list[BarRow]) -> bool:
    """Is every product meant for any dose of the series forbidden? (table 7-7)"""
    meant = {row.product for dose in doses for row in dose.preferable}
    return bool(bars and meant) and all(is_barred(case, product, bars) for product in meant)


def product_wait(case: Case, antigen: str, product: str | None) -> Deferred | None:
    """The deferral that keeps this product waiting longest; `None` asks for any product at all."""
    latest: tuple[date, DeferralRow] | None = None
    for row in case.schedule.deferrals.get(antigen, ()):
        until = deferred_until(case, row)
        touches = not row.products or product in row.products
        if until is not None and touches and (latest is None or until > latest[0]):
            latest = (until, row)
    if latest is None:
        return None
    until, row = latest
    return Deferred(row.observation, None if until == date.max else until, row.text)


def deferred_until(case: Case, row: DeferralRow) -> date | None:
    """The first day free of the deferral, date.max if unknown; None if it does not hold today."""
    latest = None
    for seen in case.person.observed:
        if seen.code != row.observation:
            continue
        if row.lasts is not None and seen.on is not None:
            until = row.lasts.after(seen.on)
        else:
            until = seen.until + ONE_DAY if seen.until else date.max
        case.watch(seen.on, None if until == date.max else until)
        if (seen.on or date.min) <= case.on < until:
            latest = until if latest is None else max(latest, until)
    return latest
