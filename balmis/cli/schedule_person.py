"""A person for `balmis schedule evaluate`: from arguments or JSON in, words or JSON out."""

import sys
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from balmis.cli.runtime import put, read_text
from balmis.core.dates import PLAUSIBLE_YEARS
from balmis.core.errors import BadInput
from balmis.core.schedule.group_forecast import GroupForecast
from balmis.core.schedule.history import Given, Observed, Person
from balmis.core.schedule.person_evaluation import JudgedDose, Result
from balmis.core.schedule.rules import Schedule
from balmis.core.schedule.texts import DOSE_STATUSES, SERIES_STATUSES, finding_in_words
from balmis.core.vocabulary.people import Sex


class DoseIn(msgspec.Struct, forbid_unknown_fields=True):
    product: str
    on: date
    mvx: str = ""
    trade_name: str = ""
    volume: float | None = None
    lot_expires_on: date | None = None
    spoilt: bool = False


class ObservedIn(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    on: date | None = None
    until: date | None = None


class PersonIn(msgspec.Struct, forbid_unknown_fields=True):
    """The JSON that `--person` reads."""

    born: date
    sex: Sex = Sex.UNKNOWN
    country: str = ""
    doses: list[DoseIn] = []
    observed: list[ObservedIn] = []


def person_from(
    source: str, born: str, sex: str, doses: list[str], observed: list[str], schedule: Schedule
) -> tuple[Person, list[Given]]:
    """The person and the doses. Raises BadInput saying what is wrong where."""
    if source:
        try:
            text = sys.stdin.buffer.read().decode() if source == "-" else read_text(Path(source))
        except UnicodeDecodeError:
            raise BadInput("The person on standard input is not UTF-8 text.") from None
        try:
            found = msgspec.json.decode(text, type=PersonIn)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise BadInput(f"The person cannot be read: {plain(error)}") from None
    else:
        if not born:
            raise BadInput("State the person: --born 1980-05-02, or --person FILE.")
        found = _from_arguments(born, sex, doses, observed)
    unknown = [d.product for d in found.doses if d.product not in schedule.products]
    codes = {f"cvx:{p.cvx}": c for c, p in schedule.file.products.items() if p.cvx}
    if any(p not in codes for p in unknown) and unknown:
        first = next(p for p in unknown if p not in codes)
        known = ", ".join(list(schedule.products)[:12])
        raise BadInput(f"The schedule has no product '{first}'; it has {known} … (or cvx:CODE).")
    days = [found.born, *(d.on for d in found.doses), *(o.on for o in found.observed if o.on)]
    strange = [day for day in days if not 1880 <= day.year < PLAUSIBLE_YEARS.stop]
    if strange:
        raise BadInput(f"{strange[0]} is not a plausible day; write years from 1880.")
    given = [
        Given(
            codes.get(d.product, d.product),
            d.on,
            str(n),
            d.mvx,
            d.trade_name,
            d.volume,
            d.lot_expires_on,
            d.spoilt,
        )
        for n, d in enumerate(found.doses, 1)
    ]
    seen = tuple(Observed(o.code, o.on, o.until) for o in found.observed)
    for o in seen:
        if o.code not in schedule.file.observations:
            raise BadInput(f"The schedule has no observation '{o.code}'.")
    return Person(found.born, found.sex, seen, found.country), given


def _from_arguments(born: str, sex: str, doses: list[str], observed: list[str]) -> PersonIn:
    raw: dict[str, Any] = {"born": born, "sex": sex.upper(), "doses": [], "observed": []}
    for text in doses:
        product, at, day = text.rpartition("@")
        if not at:
            raise BadInput(
                f"'{text}' is not a dose; write PRODUCT@DATE, as in comirnaty@2021-06-01."
            )
        raw["doses"].append({"product": product, "on": day})
    for text in observed:
        code, _, day = text.partition("@")
        raw["observed"].append({"code": code, "on": day or None})
    try:
        return msgspec.convert(raw, PersonIn, strict=False)
    except msgspec.ValidationError as error:
        raise BadInput(f"The person cannot be read: {plain(error)}") from None


def plain(error: Exception) -> str:
    """The JSON reader's complaint in everyday words."""
    text = str(error).replace("Invalid RFC3339 encoded date", "not a date; write 2021-06-01")
    text = text.replace("Input data was truncated", "the JSON ends too early")
    return text.replace("`", "'")


def put_result(result: Result, schedule: Schedule, *, later: int = 0) -> None:
    put(f"As of {result.on}, by {result.schedule} version {result.version} ({result.rules})")
    if later:
        put(
            f"{later} dose{'s' * (later > 1)} after that day {'are' if later > 1 else 'is'} not looked at."
        )
    for n, dose in enumerate(result.doses, 1):
        put(f"dose {n}: {_name(schedule, dose.given.product)} on {dose.given.on}: {_verdict(dose)}")
        for j in dose.judged:
            words = " ".join(finding_in_words(f) for f in j.outcome.findings)
            put(
                f"    {j.series}, target {j.outcome.target or '-'}: "
                f"{DOSE_STATUSES[j.outcome.status]}. {words}".rstrip()
            )
    for group in result.groups:
        put(f"{group.group}: {SERIES_STATUSES[group.status]}. {_why(group)}")
        if group.earliest:
            put(
                f"    dose {group.number}: earliest {group.earliest}, recommended {group.recommended}, "
                f"past due {group.past_due or '-'}, latest {group.latest or '-'}"
            )
            for advice in group.products:
                note = "" if advice.preferred else " (accepted; another should be preferred)"
                put(f"    {_name(schedule, advice.product)} from {advice.earliest}{note}")
    put(f"Holds until {result.valid_until or 'a new fact'}.")
    for step, facts in result.trace:
        put(f"  {step}: " + ", ".join(f"{k}={_plain(v)}" for k, v in facts.items()))


def _verdict(dose: JudgedDose) -> str:
    if dose.finding:
        return finding_in_words(dose.finding)
    return DOSE_STATUSES[dose.status] if dose.status else "no series looks at it"


def _why(group: GroupForecast) -> str:
    until = group.deferred.until if group.deferred else group.earliest
    return " ".join(
        finding_in_words(f, day=until or "a day not known", last=group.past_due)
        for f in group.findings
    )


def _name(schedule: Schedule, code: str) -> str:
    found = schedule.products.get(code)
    return f"{found.name} [{code}]" if found else code


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return "+".join(map(str, value)) or "-"
    return str(value)


def result_as_json(result: Result, schedule: Schedule) -> dict[str, Any]:
    """The whole result as plain values; every finding with its words."""
    return {
        "on": result.on,
        "schedule": result.schedule,
        "version": result.version,
        "rules": result.rules,
        "valid_until": result.valid_until,
        "doses": [
            {
                "product": d.given.product,
                "on": d.given.on,
                "status": d.status,
                "finding": d.finding,
                "judged": [
                    {
                        "group": j.group,
                        "antigen": j.antigen,
                        "series": j.series,
                        "target": j.outcome.target,
                        "status": j.outcome.status,
                        "findings": {f: finding_in_words(f) for f in j.outcome.findings},
                    }
                    for j in d.judged
                ],
            }
            for d in result.doses
        ],
        "groups": [
            {
                "group": g.group,
                "kind": g.kind,
                "status": g.status,
                "series": g.series,
                "reasons": {f: _why(g) for f in g.findings},
                "dose": g.number,
                "role": g.role,
                "earliest": g.earliest,
                "recommended": g.recommended,
                "past_due": g.past_due,
                "latest": g.latest,
                "contraindications": g.bars,
                "deferred": msgspec.to_builtins(g.deferred) if g.deferred else None,
                "products": [msgspec.to_builtins(a) for a in g.products],
            }
            for g in result.groups
        ],
        "trace": [
            {"step": step} | {k: _plain(v) for k, v in facts.items()}
            for step, facts in result.trace
        ],
    }
