"""balmis stock: deliveries, transfers, wastage and counts."""

from decimal import Decimal, InvalidOperation
from typing import Annotated
from uuid import UUID, uuid4

import typer

from balmis.cli.reporting import parse_day
from balmis.cli.runtime import now, open_database, operator, put
from balmis.core.vocabulary.supply import MoveKind, WastageReason

app = typer.Typer(help="The stock ledger.", no_args_is_help=True)

KINDS = [
    k.value for k in MoveKind if k not in (MoveKind.DOSE, MoveKind.ADJUSTMENT, MoveKind.REVERSAL)
]
Site = Annotated[str, typer.Option(help="The site's code.")]
Product = Annotated[str, typer.Option(help="The product's code.")]
Lot = Annotated[str, typer.Option(help="The lot's number, as on the vial.")]
On = Annotated[str, typer.Option(help="The day, as 2021-06-17.")]
Request = Annotated[str | None, typer.Option(help="A UUID; the same again does nothing.")]


MOST_DOSES = 10_000_000_000


def parse_doses(text: str) -> Decimal:
    try:
        found = Decimal(text)
        if not found.is_finite() or abs(found) >= MOST_DOSES or found != round(found, 2):
            raise InvalidOperation
        return found
    except InvalidOperation:
        raise typer.BadParameter(
            f"{text!r} is not a number of doses, in hundredths at most"
        ) from None


def parse_request(text: str | None) -> UUID:
    try:
        return UUID(text) if text else uuid4()
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a UUID") from None


@app.command()
def move(
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(KINDS)}.")],
    doses: Annotated[str, typer.Argument(help="How many doses.")],
    site: Site,
    product: Product,
    lot: Lot,
    on: On,
    expires: Annotated[str | None, typer.Option(help="The lot's expiry date.")] = None,
    reason: Annotated[
        str, typer.Option(help=f"Of wastage: one of {', '.join(r.value for r in WastageReason)}.")
    ] = "other",
    request: Request = None,
) -> None:
    """Post doses of a lot that came, went, were wasted or drawn beyond the label."""
    if kind not in KINDS:
        raise typer.BadParameter(f"{kind!r} is not a kind of move; one of {', '.join(KINDS)}")
    if reason not in {r.value for r in WastageReason}:
        raise typer.BadParameter(f"{reason!r} is not a reason of wastage")
    number, day, request_id = parse_doses(doses), parse_day(on), parse_request(request)
    expiry = parse_day(expires) if expires else None
    open_database()
    from balmis.flows.supply.stock import MoveStock, move_stock

    command = MoveStock(
        request_id=request_id,
        kind=MoveKind(kind),
        site=site,
        product=product,
        lot=lot,
        doses=number,
        occurred_on=day,
        expires_on=expiry,
        wasted=WastageReason(reason) if kind == MoveKind.WASTAGE else None,
    )
    move_stock(command, actor=operator(), now=now())
    put(f"{number} doses of {product}, lot {lot}: {kind.replace('_', ' ')} at {site}, {day}.")


@app.command()
def count(
    counted: Annotated[str, typer.Argument(help="How many doses are on the shelf.")],
    site: Site,
    product: Product,
    lot: Lot,
    on: On,
    reason: Annotated[str, typer.Option(help="Why the book is set right.")],
    request: Request = None,
) -> None:
    """Set the book of a lot at a site to what was counted."""
    number, day, request_id = parse_doses(counted), parse_day(on), parse_request(request)
    open_database()
    from balmis.flows.supply.stock import CountStock, count_stock

    command = CountStock(
        request_id=request_id,
        site=site,
        product=product,
        lot=lot,
        counted=number,
        occurred_on=day,
        reason=reason,
    )
    posted = count_stock(command, actor=operator(), now=now())
    put("The book was right." if posted is None else f"The book now says {number}.")
