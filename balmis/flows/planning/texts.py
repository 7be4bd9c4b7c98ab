"""A study in a few lines, in English, for the command line. Pages have their own words."""

from balmis.core.planning.study_result import AimReached, GainBought, StudyResult
from balmis.core.vocabulary.planning import Bottleneck

CAUSES: dict[str, str] = {
    Bottleneck.SUPPLY: "doses that come",
    Bottleneck.CAPACITY: "hands at the sites",
    Bottleneck.COLD: "cold rooms",
    Bottleneck.UPTAKE: "people who come",
    Bottleneck.PHASES: "groups that open later",
    Bottleneck.INTERVAL: "intervals between doses",
    Bottleneck.PRODUCTS: "who may have which product",
    Bottleneck.REST: "more people than there are",
    Bottleneck.NO_SHOW: "people who did not come",
    Bottleneck.PACE: "doses in store that were not given yet",
}
GAINED: dict[str, str] = {
    Bottleneck.CAPACITY: "places at sites in",
    Bottleneck.SUPPLY: "doses of",
    Bottleneck.UPTAKE: "people willing in",
}


def lines(found: StudyResult) -> list[str]:
    told = [
        f"{found['campaign']} from {found['starts_on']}, {found['weeks']} weeks, assumptions of {found['as_of']}"
    ]
    for aim in found["aims"]:
        told += _aim(aim)
    if found["late"] >= 1:
        told.append(
            f"second doses too late for the longest interval: {found['late']:,.0f} person-weeks"
        )
    told.append(
        f"{found['futures']:,} futures, seed {found['seed']}, {found['version']}; planned in "
        f"{found['seconds']:.1f} s, of which HiGHS {found['seconds_in_highs']:.1f}"
    )
    return told


def _aim(aim: AimReached) -> list[str]:
    reached = (
        f"reached on {aim['reached_on']}"
        if aim["reached_on"]
        else "not reached in the weeks planned"
    )
    told = [
        f"{aim['code']}: {aim['people']:,.0f} people by {aim['by']}: {aim['done_by']:,.0f}"
        f" by then, {reached}" + (f"; {aim['short']:,.0f} missing" if aim["short"] >= 1 else "")
    ]
    if b := aim.get("bracket"):
        told.append(
            f"  chance between {100 * b['achievable']:.0f} % (this plan) and {100 * b['bound']:.0f} % "
            f"(perfect foresight); kept for second doses otherwise: "
            + ", ".join(f"{k} {100 * x:.0f} %" for k, x in aim["policies"].items())
        )
    else:
        told.append(f"  chance {100 * aim['chance']:.0f} % (this plan)")
    if aim.get("steps"):
        told.append(
            "  what holds it back: "
            + ", then ".join(
                f"{_caused(s['cause'])} ({s['people']:,.0f} people)" for s in aim["steps"]
            )
        )
    if without := aim.get("without"):
        best = sorted(without.items(), key=lambda x: -x[1])
        told.append(
            f"  at most {aim['most']:,.0f} by then; without a limit of "
            + ", ".join(f"{CAUSES[c]} {n:,.0f}" for c, n in best if n > aim["most"] + 1)
        )
    told += [f"  {_gain(g)}" for g in aim.get("gains", [])]
    return told


def _caused(cause: str) -> str:
    return " and ".join(CAUSES[c] for c in cause.split("+"))


def _gain(gain: GainBought) -> str:
    when = f" in the week of {gain['week']}" if gain["week"] else ""
    if "station_people" in gain:
        return (
            f"one more vaccination station in {gain['what']}{when} buys {gain['station_people']:,.0f} "
            f"people ({gain['station_doses']:,} doses)"
        )
    what = GAINED[gain["kind"]]
    return f"{gain['unit']:,.0f} more {what} {gain['what']}{when} buy {gain['people']:,.0f} people"


def difference_lines(found: StudyResult) -> list[str]:
    d = found.get("difference")
    if d is None:
        return []
    told = [
        f"to {found['after']}: {d['given']:,} doses given, {d['planned']:,} planned; {d['delivered']:,} came, "
        f"{d['delivered_planned']:,} assumed; {d['stock']:,} in stock"
    ]
    if d["causes"]:
        told.append(
            "  behind for: "
            + ", ".join(f"{CAUSES[c['cause']]} ({c['doses']:,} doses)" for c in d["causes"])
        )
    if d["leads"]:
        told.append(
            f"  ahead by {d['leads']:,} doses; "
            f"{max(0, d['delivered'] - d['delivered_planned']):,} more came than assumed"
        )
    for row in d["dates"]:
        told.append(
            f"  {row['aim']}: planned {row['planned'] or 'never'}; with deliveries as assumed "
            f"{row['with_deliveries'] or 'never'}; now {row['now'] or 'never'}"
        )
    return told
