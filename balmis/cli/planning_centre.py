"""balmis centre: will the day work, and what binds?"""

from pathlib import Path
from typing import Annotated, Any

import typer

from balmis.cli.runtime import put, put_json
from balmis.core.errors import BadInput

app = typer.Typer(
    no_args_is_help=True, help="A vaccination centre's day: will it work, what binds?"
)


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
    from balmis.core.planning.centre.day_summary import told
    from balmis.core.planning.centre.simulation import ladder
    from balmis.core.planning.centre.simulation import simulate as run

    found = run(_centre(centre), days, seed)
    said = told(found, ladder(found))
    if as_json:
        put_json(said)
        return
    for line in _lines(said):
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
    from balmis.core.planning.centre import sizing

    asked = _centre(centre)
    try:
        most = sizing.most_slots(asked, wait, days=days, seed=seed)
        staff = {f: sizing.surge(asked, f, wait, days=days, seed=seed) for f in (1.0, 1.5, 2.0)}
        room = sizing.room_for(asked, risk, days=max(days, 200), seed=seed)
    except ValueError as error:
        raise BadInput(str(error)) from None
    told = {
        "wait": wait,
        "risk": risk,
        "days": days,
        "seed": seed,
        "most_an_hour": most.an_hour,
        "wait_p95": round(most.wait.mean, 2),
        "staff": {
            f"{f:g}": {
                "an_hour": s.an_hour,
                "servers": s.servers,
                "wait_p95": round(s.wait.mean, 2),
            }
            for f, s in staff.items()
        },
        "seats": room.seats,
        "parking": room.parking,
    }
    if as_json:
        put_json(told)
        return
    put(
        f"with its staff at most {most.an_hour:,.0f} appointments an hour (95 of 100 wait {most.wait.mean:.1f} "
        f"± {most.wait.error:.1f} min in all)"
    )
    for factor, sized in staff.items():
        servers = ", ".join(f"{name} {n}" for name, n in sized.servers.items())
        put(
            f"{factor:g} x the appointments ({sized.an_hour:,.0f} an hour): {servers}; "
            f"{sized.wait.mean:.1f} ± {sized.wait.error:.1f} min"
        )
    put(
        f"room on all but {100 * risk:g} of 100 days: {room.seats} seats, {room.parking} places to park"
    )


def _centre(name: str) -> Any:
    from balmis.core.files.reader import read
    from balmis.core.planning.centre.centre_file import read_centre
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
        f"{said('doses_a_staff_hour')} doses a staff-hour; reactions {said('reactions_here', 2)} a day on site, "
        f"{said('reactions_later', 2)} after leaving",
    ]
    for name, s in told["stations"].items():
        lines.append(
            f"  {name}: {s['servers']} servers busy {100 * s['utilisation']['mean']:.0f} %, wait "
            f"{s['wait_p50']['mean']:.1f} min at the median, {s['wait_p95']['mean']:.1f} at the 95th percentile"
        )
    first = told["one_more_server"][0]
    lines.append(
        f"bottleneck: {first['station']}; one more there changes the 95th percentile of all "
        f"waiting by {first['mean']:.1f} ± {first['error']:.1f} min"
    )
    lines.append(
        f"{told['days']} days, seed {told['seed']}, {told['version']}; {told['certified']} days exact by "
        "the recursion, the others event by event"
    )
    return lines


@app.command()
def compare(
    campaign: Annotated[str, typer.Argument(help="The campaign's id.")],
    places: Annotated[
        Path | None, typer.Option(help="A list of candidates; else the one that comes along.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For other programs.")] = False,
) -> None:
    """Candidates for centres: what each has and whom it reaches, and the best set of so many."""
    from balmis.cli.runtime import open_database, read_text

    open_database()
    from balmis.flows.planning.site_choice import choose

    found = choose(campaign, read_text(places) if places else None)
    if as_json:
        put_json(
            {
                "candidates": [
                    {
                        "code": s.candidate.code,
                        "score": s.score,
                        "parts": s.parts,
                        "lacks": s.lacks,
                        "seats": s.candidate.seats,
                        "people_within_km": s.reached,
                    }
                    for s in found.scored
                ],
                "covering": _set(found.covering),
                "nearest": _set(found.nearest),
                "unfit": found.unfit,
                "by_size": [_set(s) for s in found.by_size],
            }
        )
        return
    for s in found.scored:
        lacks = f"; lacks {', '.join(s.lacks)}" if s.lacks else ""
        put(
            f"{s.candidate.code}: {s.score:.2f} ({', '.join(f'{k} {x:.2f}' for k, x in s.parts.items())}){lacks}"
        )
    for name, best in (
        ("most people within reach", found.covering),
        ("shortest way", found.nearest),
    ):
        put(
            f"{name}: {', '.join(best.chosen)}; {100 * best.covered:.1f} % within {found.file.within_km:g} km, "
            f"{best.mean_km:.1f} km on average"
        )
    for best in found.by_size:
        put(
            f"  {len(best.chosen)}: {100 * best.covered:.1f} %, {best.mean_km:.1f} km ({', '.join(best.chosen)})"
        )


def _set(found: Any) -> dict[str, Any]:
    return {
        "chosen": found.chosen,
        "covered": round(found.covered, 4),
        "mean_km": round(found.mean_km, 2),
    }
