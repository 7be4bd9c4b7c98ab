"""The stock part of a day's report, from sums of moves and draws."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

Drawn = tuple[int, int | None, Decimal, Decimal]  # site, product, to the day, of the day

_NAMES = ("received", "returned", "sent", "arrived", "given", "wasted", "adjusted", "extra")


def stock_figures(
    moves: Iterable[Mapping[str, Any]],
    drawn: Iterable[Drawn],
    *,
    sites: Mapping[int, str],
    products: Mapping[int, str],
) -> list[dict[str, Any]]:
    """One row for each site and product with stock: what came, went, was given and is left.

    All in doses. `balance` is what the book says; below zero it asks for a recount.
    `wastage_rate` is wasted out of used (given and wasted), None when nothing was used.
    """
    rows: dict[tuple[int, int], dict[str, Any]] = {}

    def row(site: int, product: int) -> dict[str, Any]:
        zero = {name: Decimal(0) for name in _NAMES}
        reasons: dict[str, Decimal] = {}
        fresh = {
            **zero,
            "received_day": Decimal(0),
            "given_day": Decimal(0),
            "wasted_day": Decimal(0),
            "wasted_by_reason": reasons,
        }
        return rows.setdefault((site, product), fresh)

    for move in moves:
        into = row(move["site"], move["product"])
        _enter(into, move)
    for site, product, total, of_the_day in drawn:
        if product is not None and site in sites:
            into = row(site, product)
            into["given"] += total
            into["given_day"] += of_the_day
    return [
        {"site": sites[site], "product": products[product], **_finished(values)}
        for (site, product), values in sorted(
            rows.items(), key=lambda item: (sites[item[0][0]], products[item[0][1]])
        )
    ]


def _enter(into: dict[str, Any], move: Mapping[str, Any]) -> None:
    doses, of_the_day = move["doses"], move["of_the_day"]
    route = (move["source"], move["target"])
    if route == ("supplier", "site"):
        into["received"] += doses
        into["received_day"] += of_the_day
    elif route == ("site", "supplier"):
        into["returned"] += doses
    elif route == ("site", "transit"):
        into["sent"] += doses
    elif route == ("transit", "site"):
        into["arrived"] += doses
    elif route in (("site", "wasted"), ("wasted", "site")):
        sign = 1 if route[1] == "wasted" else -1
        into["wasted"] += sign * doses
        into["wasted_day"] += sign * of_the_day
        why = move["reason"] if sign == 1 else "taken_back"
        into["wasted_by_reason"][why] = into["wasted_by_reason"].get(why, Decimal(0)) + sign * doses
    elif "adjusted" in route:
        into["adjusted"] += doses if route[1] == "site" else -doses
    elif "overfill" in route:
        into["extra"] += doses if route[1] == "site" else -doses


def _finished(values: dict[str, Any]) -> dict[str, Any]:
    gained = values["received"] + values["arrived"] + values["adjusted"] + values["extra"]
    lost = values["returned"] + values["sent"] + values["given"] + values["wasted"]
    used = values["given"] + values["wasted"]
    numbers = {name: float(value) for name, value in values.items() if name != "wasted_by_reason"}
    balance = gained - lost
    return numbers | {
        "wasted_by_reason": {k: float(v) for k, v in values["wasted_by_reason"].items()},
        "balance": float(balance),
        "below_zero": balance < 0,
        "wastage_rate": round(float(values["wasted"] / used), 6) if used else None,
    }
