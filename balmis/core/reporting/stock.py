"""The stock part of a day's report, from sums of moves and draws."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar

from balmis.core.reporting.report import StockRow
from balmis.core.vocabulary.supply import Account

Drawn = tuple[int, int | None, Decimal, Decimal]  # site, product, to the day, of the day
ZERO = Decimal(0)


N = TypeVar("N")


class Named(NamedTuple, Generic[N]):
    """A site or a product, as a row of the report calls it."""

    code: str
    name: N


@dataclass(slots=True)
class Sums:
    """What came to a site of a product and what went, in doses: up to the day, and on it."""

    received: Decimal = ZERO
    returned: Decimal = ZERO
    sent: Decimal = ZERO
    arrived: Decimal = ZERO
    given: Decimal = ZERO
    wasted: Decimal = ZERO
    adjusted: Decimal = ZERO
    extra: Decimal = ZERO
    received_day: Decimal = ZERO
    given_day: Decimal = ZERO
    wasted_day: Decimal = ZERO
    wasted_by_reason: dict[str, Decimal] = field(default_factory=dict)


def stock_figures(
    moves: Iterable[Mapping[str, Any]],
    drawn: Iterable[Drawn],
    *,
    sites: Mapping[int, Named[dict[str, str]]],
    products: Mapping[int, Named[str]],
) -> list[StockRow]:
    """One row for each site and product with stock: what came, went, was given and is left.

    All in doses. `balance` is what the book says; below zero it asks for a recount.
    `wastage_rate` is wasted out of used (given and wasted), None when nothing was used.
    """
    rows: dict[tuple[int, int], Sums] = {}
    for move in moves:
        _enter(rows.setdefault((move["site"], move["product"]), Sums()), move)
    for site, product, total, of_the_day in drawn:
        if product is not None and site in sites:
            into = rows.setdefault((site, product), Sums())
            into.given += total
            into.given_day += of_the_day
    named = [(sites[site], products[product], sums) for (site, product), sums in rows.items()]
    return [_row(*one) for one in sorted(named, key=lambda one: (one[0].code, one[1].code))]


def _enter(into: Sums, move: Mapping[str, Any]) -> None:
    doses, of_the_day = move["doses"], move["of_the_day"]
    route = (move["source"], move["target"])
    if route == (Account.SUPPLIER, Account.SITE):
        into.received += doses
        into.received_day += of_the_day
    elif route == (Account.SITE, Account.SUPPLIER):
        into.returned += doses
    elif route == (Account.SITE, Account.TRANSIT):
        into.sent += doses
    elif route == (Account.TRANSIT, Account.SITE):
        into.arrived += doses
    elif route in ((Account.SITE, Account.WASTED), (Account.WASTED, Account.SITE)):
        sign = 1 if route[1] == Account.WASTED else -1
        into.wasted += sign * doses
        into.wasted_day += sign * of_the_day
        why = move["reason"] if sign == 1 else "taken_back"
        into.wasted_by_reason[why] = into.wasted_by_reason.get(why, ZERO) + sign * doses
    elif Account.ADJUSTED in route:
        into.adjusted += doses if route[1] == Account.SITE else -doses
    elif Account.OVERFILL in route:
        into.extra += doses if route[1] == Account.SITE else -doses


def _row(site: Named[dict[str, str]], product: Named[str], sums: Sums) -> StockRow:
    gained = sums.received + sums.arrived + sums.adjusted + sums.extra
    lost = sums.returned + sums.sent + sums.given + sums.wasted
    used = sums.given + sums.wasted
    balance = gained - lost
    return StockRow(
        site=site.code,
        product=product.code,
        received=float(sums.received),
        returned=float(sums.returned),
        sent=float(sums.sent),
        arrived=float(sums.arrived),
        given=float(sums.given),
        wasted=float(sums.wasted),
        adjusted=float(sums.adjusted),
        extra=float(sums.extra),
        received_day=float(sums.received_day),
        given_day=float(sums.given_day),
        wasted_day=float(sums.wasted_day),
        wasted_by_reason={why: float(doses) for why, doses in sums.wasted_by_reason.items()},
        balance=float(balance),
        below_zero=balance < 0,
        wastage_rate=round(float(sums.wasted / used), 6) if used else None,
        site_names=site.name,
        product_name=product.name,
    )
