"""balmis centre: will the day work, and what binds?"""

from pathlib import Path
from typing import Annotated, Any

import typer

from balmis.cli.runtime import put, put_json
from balmis.core.errors import BadInput

app = typer.Typer(
    no_args_is_help=True, help="A vaccination centre's day: will it work, what binds?"
)
SHARES = (0.5, 0.95)


@app.command()
def presets() -> None:
    """Centres that come along, to begin with."""
    from balmis.presets import centre_names

    for name in centre_names():
        put(name)


@app.command()
def simulate(
    centre: Annotated[str, typer.Argument(help="A centre file, or the name of a preset.")],
    days: Annotated[int, typer.Option(min=2, max=10_000, help="Days that are simulated.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed is the same days.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="For other programs.")] = False,
) -> None:
    """Waits, time on site, seats and parking, overtime, utilisation and the bottleneck of a centre's
    day, each with its 95 % interval."""
    from balmis.core.centre.simulate import ladder
    from balmis.core.centre.simulate import simulate as run

    found = run(_centre(centre), days, seed)
    told = _told(found, ladder(found))
    if as_json:
        put_json(told)
        return
    for line in _lines(told):
        put(line)


@app.command()
def size(
    centre: Annotated[str, typer.Argument(help="A centre file, or the name of a preset.")],
    wait: Annotated[
        float, typer.Option(min=0.1, help="Minutes that 95 of 100 wait at most, in all.")
    ] = 10.0,
    risk: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="Share of days that may want more room.")
    ] = 0.01,
    days: Annotated[
        int, typer.Option(min=2, max=2_000, help="Days that are simulated each time.")
    ] = 50,
    seed: Annotated[int, typer.Option(help="The same seed is the same days.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="For other programs.")] = False,
) -> None:
    """The most appointments an hour, the fewest staff for those that are planned, for one and a half
    times and twice as many, and the seats and places to park."""
    from balmis.core.centre import sizing

    asked = _centre(centre)
    try:
        most = sizing.most_slots(asked, wait, days=days, seed=seed)
        staff = {f: sizing.surge(asked, f, wait, days=days, seed=seed) for f in (1.0, 1.5, 2.0)}
        room = sizing.room_for(asked, risk, days=max(days, 200), seed=seed)
    except ValueError as error:
        raise BadInput(str(error)) from None
    told = {
        "wait": wait, "risk": risk, "days": days, "seed": seed,
        "most_an_hour": most.an_hour, "wait_p95": round(most.wait.mean, 2),
        "staff": {f"{f:g}": {"an_hour": s.an_hour, "servers": s.servers, "wait_p95": round(s.wait.mean, 2)}
                  for f, s in staff.items()},
        "seats": room.seats, "parking": room.parking,
    }  # fmt: skip
    if as_json:
        put_json(told)
        return
    put(f"with its staff at most {most.an_hour:,.0f} appointments an hour (95 of 100 wait {most.wait.mean:.1f} "
        f"± {most.wait.error:.1f} min in all)")  # fmt: skip
    for factor, sized in staff.items():
        servers = ", ".join(f"{name} {n}" for name, n in sized.servers.items())
        put(f"{factor:g} x the appointments ({sized.an_hour:,.0f} an hour): {servers}; "
            f"{sized.wait.mean:.1f} ± {sized.wait.error:.1f} min")  # fmt: skip
    put(
        f"room on all but {100 * risk:g} of 100 days: {room.seats} seats, {room.parking} places to park"
    )


def _centre(name: str) -> Any:
    from balmis.core.centre.file import read_centre
    from balmis.core.documents.reading import read
    from balmis.presets import centre_names, centre_text

    if name in centre_names():
        text = centre_text(name)
    else:
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(
                f"{name} is no centre that comes along ({', '.join(centre_names())}), and cannot be "
                f"read as a file: {error}."
            ) from None
    document = read(text)
    found = read_centre(document)
    if found is None:
        raise BadInput(f"{name} cannot be used.", tuple(str(p) for p in document.problems))
    return found


def _told(found: Any, gains: Any) -> dict[str, Any]:
    def both(e: Any) -> dict[str, float]:
        return {"mean": round(e.mean, 4), "error": round(e.error, 4)}

    waits = found.waits()
    stations = {
        s.name: {"servers": s.servers, "utilisation": both(found.utilisation()[s.name]),
                 **{f"wait_p{round(100 * q)}": both(found.percentile(q, waits[k])) for q in SHARES}}
        for k, s in enumerate(found.centre.line.stations)
    }  # fmt: skip
    return {
        "version": found.version, "seed": found.seed, "days": found.days, "certified": found.certified,
        "doses": both(found.doses()), "stations": stations,
        "wait_p95": both(found.percentile(0.95, found.in_line())),
        "share_over_30_minutes": both(found.share_over(30)),
        "on_site_p50": both(found.percentile(0.5, found.on_site())),
        "on_site_p95": both(found.percentile(0.95, found.on_site())),
        "overtime": both(found.overtime()), "seats": found.centre.line.seats,
        "seated_p99": float(_quantile(found.most_seated())), "parking": found.centre.line.parking,
        "parked_p99": float(_quantile(found.most_parked())),
        "one_more_server": [{"station": g.station, **both(g.change)} for g in gains],
    }  # fmt: skip


def _quantile(values: Any) -> float:
    import numpy as np

    return float(np.quantile(values, 0.99))


def _lines(told: dict[str, Any]) -> list[str]:
    def said(name: str, digits: int = 1) -> str:
        e = told[name]
        return f"{e['mean']:.{digits}f} ± {e['error']:.{digits}f}"

    lines = [
        f"{told['doses']['mean']:,.0f} people a day; 95 of 100 wait at most {said('wait_p95')} min in all; "
        f"{100 * told['share_over_30_minutes']['mean']:.1f} % wait over 30 min",
        f"on site {said('on_site_p50')} min at the median, {said('on_site_p95')} at the 95th percentile; "
        f"overtime {said('overtime')} min",
        f"seats: at most {told['seated_p99']:.0f} taken on 99 of 100 days (of {told['seats'] or 'any number'}); "
        f"parking: {told['parked_p99']:.0f} (of {told['parking'] or 'any number'})",
    ]  # fmt: skip
    for name, s in told["stations"].items():
        lines.append(
            f"  {name}: {s['servers']} servers busy {100 * s['utilisation']['mean']:.0f} %, wait "
            f"{s['wait_p50']['mean']:.1f} min at the median, {s['wait_p95']['mean']:.1f} at the 95th percentile"
        )
    first = told["one_more_server"][0]
    lines.append(f"bottleneck: {first['station']}; one more there changes the 95th percentile of all "
                 f"waiting by {first['mean']:.1f} ± {first['error']:.1f} min")  # fmt: skip
    lines.append(f"{told['days']} days, seed {told['seed']}, {told['version']}; {told['certified']} days exact by "
                 "the recursion, the others event by event")  # fmt: skip
    return lines
