"""balmis supply: what the sites do with their goods."""

from typing import Annotated, Any
from uuid import UUID

import typer

from balmis.cli.reporting import parse_day
from balmis.cli.runtime import now, open_database, operator, put
from balmis.cli.supply_stock import parse_doses
from balmis.core.errors import BadInput
from balmis.core.vocabulary.supply import Level, WastageReason

app = typer.Typer(no_args_is_help=True, help="What the sites do with their goods.")
Site = Annotated[str, typer.Argument(help="The site's code.")]


@app.command("close-day")
def close_day(
    site: Site,
    day: Annotated[str, typer.Argument(help="The day, as 2021-06-17.")],
    count: Annotated[
        list[str] | None, typer.Option(help="What was counted, as LOT=DOSES or PRODUCT/LOT=DOSES.")
    ] = None,
    explain: Annotated[
        list[str] | None, typer.Option(help="Why a count is not what the book says, as LOT=REASON.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what stands against it.")] = False,
) -> None:
    """Close a site's day: every vial and every dose must be explained, or it is refused."""
    open_database()
    from balmis.flows.supply import day_close

    actor, on = operator(), parse_day(day)
    reasons = dict(_pairs(explain or [], "--explain"))
    counts = tuple(
        _counted(day_close.Counted, name, text, reasons)
        for name, text in _pairs(count or [], "--count")
    )
    if dry_run:
        found = day_close.look(site, on, counts, actor=actor)
        for problem in found.problems:
            put(str(problem))
        put(f"{len(found.problems)} things stand against closing {on} at {site}.")
        return
    done = day_close.close_day(site, on, counts, actor=actor, now=now())
    put(
        f"{on} at {site} is closed: {done.figures['vials_opened']} vials opened, "
        f"{done.figures['doses_drawn']} doses drawn, "
        f"{done.figures['open_vial_wastage']} wasted in open vials."
    )


def _counted(counted: Any, name: str, text: str, reasons: dict[str, str]) -> Any:
    """Of LOT or PRODUCT/LOT."""
    product, _, lot = name.rpartition("/")
    return counted(lot=lot, product=product, doses=parse_doses(text), reason=reasons.get(name, ""))


@app.command("close-vial")
def close_vial(
    vial: Annotated[str, typer.Argument(help="The vial's id, as 'balmis supply vials' shows it.")],
    why: Annotated[WastageReason | None, typer.Option(help="Why what is left is wasted.")] = None,
) -> None:
    """End an open vial; what is left in it is wasted for a reason."""
    open_database()
    from balmis.flows.supply.vials import close_vial as close

    try:
        key = UUID(vial)
    except ValueError:
        raise BadInput(f"'{vial}' is no vial's id.") from None
    done = close(key, why, actor=operator(), now=now())
    put(f"The vial of lot {done.lot.number} is closed, {done.wasted} doses wasted.")


@app.command("vials")
def show_vials(site: Site, day: Annotated[str, typer.Argument(help="The day.")]) -> None:
    """The vials opened on a day."""
    open_database()
    from balmis.contexts.places import queries as places
    from balmis.contexts.supply import vials

    for v in vials.opened_on(places.site(site), parse_day(day)):
        state = f"closed, {v.wasted} wasted {v.why}".strip() if v.closed_at else "open"
        put(f"{v.pk}  {v.lot.product.code}  {v.lot.number}  {v.opened_at:%H:%M} UTC  {state}")


@app.command("where")
def where(
    product: Annotated[str, typer.Argument(help="The product's code.")],
    lot: Annotated[str, typer.Argument(help="The lot's number.")],
) -> None:
    """Where every dose of a lot is: on which shelf, or given where."""
    open_database()
    from balmis.flows.holds.lot_holds import where_is

    for w in where_is(product, lot, actor=operator()):
        place = w.site.code if w.site else "elsewhere"
        put(f"{place}: {w.left:g} doses on the shelf, {w.given} given")


@app.command("recipients")
def list_recipients(
    product: Annotated[str, typer.Argument(help="The product's code.")],
    lot: Annotated[str, typer.Argument(help="The lot's number.")],
    site: Annotated[str | None, typer.Option(help="Only doses given at this site.")] = None,
) -> None:
    """Everyone who has had a dose of a lot, as CSV. The look at them is logged."""
    open_database()
    import csv
    import sys

    from balmis.flows.supply.lot_recipients import HEAD, recipients, row_of

    page = csv.writer(sys.stdout)
    found = recipients(product, lot, site, actor=operator(), now=now())
    page.writerow(HEAD)
    page.writerows(row_of(r) for r in found)


@app.command("packaging")
def packaging(
    gtin: Annotated[str, typer.Argument(help="The trade item's number on the code, 14 digits.")],
    product: Annotated[str, typer.Argument(help="The product's code.")],
    level: Annotated[Level, typer.Option(help="What the code is on.")] = Level.VIAL,
    vials: Annotated[int, typer.Option(help="Vials in it.", min=1, max=1_000_000)] = 1,
) -> None:
    """Say which product a scanned code is of, and how many vials are in a carton or shipper."""
    open_database()
    from balmis.flows.supply.packaging import KeepPackaging, keep_packaging

    kept = keep_packaging(
        KeepPackaging(gtin=gtin, product=product, level=level, number=vials),
        actor=operator(),
        now=now(),
    )
    put(f"{kept.gtin} is a {kept.level} of {product} with {kept.vials} vials.")


def _pairs(texts: list[str], option: str) -> list[tuple[str, str]]:
    found = []
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise BadInput(f"{option} {text}: write LOT=VALUE.")
        found.append((name.strip(), value.strip()))
    return found
