"""The dose-schedule engine: one person, a population, a whole campaign, a cluster."""

import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bench.measuring import ROUNDS, result, seconds

ON = date(2021, 11, 15)
PRODUCTS = ("bbibp-corv", "coronavac", "zf2001")
CDSI = Path(__file__).resolve().parents[2] / "shared" / "data" / "cdsi" / "supporting-4.64"


def campaign_schedule() -> Any:
    from balmis.core.schedule.file_checks import check_schedule
    from balmis.core.schedule.rules import ready
    from balmis.presets import schedule_text

    file, problems = check_schedule(schedule_text("shanxi-covid19-2021"))
    assert file is not None, problems
    return ready(file)


def population(number: int, seed: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    """People of all ages with none to five doses, two thirds of them as the schedule asks."""
    draw = np.random.default_rng(seed)
    born = (draw.integers(-14000, 18000, number)).astype(np.int32)
    people = pl.DataFrame(
        {
            "person": np.arange(number),
            "born": pl.Series(born).cast(pl.Date),
            "sex": pl.Series(draw.integers(0, 2, number, np.uint8)).cat.to(pl.Enum(["F", "M"])),
        }
    )
    counts = draw.choice([0, 1, 2, 3, 4, 5], number, p=[0.2, 0.15, 0.35, 0.2, 0.06, 0.04])
    who = np.repeat(np.arange(number), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    nth = np.arange(len(who)) - first
    start = draw.integers(18690, 18850, number).astype(np.int32)
    gaps = draw.choice([7, 21, 28, 35, 60, 190], len(who), p=[0.05, 0.3, 0.3, 0.15, 0.1, 0.1])
    gaps[nth == 0] = 0
    run = np.cumsum(gaps)
    days = np.repeat(start, counts) + (run - np.repeat(run[first[nth == 0]], counts[counts > 0]))
    kinds = draw.choice([0, 0, 0, 1, 1, 2], len(who)).astype(np.uint8)
    doses = pl.DataFrame(
        {
            "person": who,
            "product": pl.Series(kinds).cat.to(pl.Enum(PRODUCTS)),
            "on": pl.Series(days.astype(np.int32)).cast(pl.Date),
        }
    )
    return people, doses


def floor(people: pl.DataFrame, doses: pl.DataFrame, answers: Any) -> float:
    """Seconds to read each input column once and to write each output column once, two threads."""
    inputs = [s.to_physical().to_numpy() for f in (people, doses) for s in f.iter_columns()]
    outputs = [_room(s) for f in (answers.people, answers.doses) for s in f.iter_columns()]

    def touch() -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda a: a.max(), inputs))
            list(pool.map(lambda a: a.fill(1), outputs))

    return seconds(touch)


def _room(column: pl.Series) -> Any:
    """An array as large as the column."""
    sample = column.drop_nulls().head(1).to_physical().to_numpy()
    return np.empty((len(column), *sample.shape[1:]), sample.dtype)


def columnar(number: int) -> Iterator[dict[str, Any]]:
    """Population against the floor; memory is measured in a process of its own."""
    from balmis.core.schedule.columnar.frames import evaluate_frames

    schedule = campaign_schedule()
    people, doses = population(number)
    evaluate_frames(people.head(1000), doses.filter(pl.col("person") < 1000), schedule, ON)
    ours, peer = [], []
    answers = None
    for _ in range(ROUNDS):
        answers = None
        began = time.perf_counter()
        answers = evaluate_frames(people, doses, schedule, ON)
        ours.append(time.perf_counter() - began)
        peer.append(floor(people, doses, answers))
    told = subprocess.run(
        [sys.executable, "-m", "bench.schedule", "memory", str(number)],
        capture_output=True,
        text=True,
        check=True,
    )
    yield result(
        ours,
        peer,
        number,
        "persons/s",
        "each input column read and each output column written once",
        doses=len(doses),
        **json.loads(told.stdout),
    )


def memory(number: int) -> dict[str, float]:
    """Bytes a person at the peak: inputs, work and answers, over an empty process."""
    from balmis.core.schedule.columnar.frames import evaluate_frames

    schedule = campaign_schedule()
    few = population(1000)
    evaluate_frames(*few, schedule, ON)
    before = _status("VmRSS")
    people, doses = population(number)
    inputs = people.estimated_size() + doses.estimated_size()
    held = _status("VmRSS") - before
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    answers = evaluate_frames(people, doses, schedule, ON)
    grown = _status("VmHWM") - before - held
    outputs = answers.people.estimated_size() + answers.doses.estimated_size()
    return {
        "peak_bytes_a_person": round((inputs + grown) / number, 1),
        "input_bytes_a_person": round(inputs / number, 1),
        "output_bytes_a_person": round(outputs / number, 1),
    }


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":"))


def growth() -> Iterator[dict[str, Any]]:
    """Seconds a million people, from 0.1 to 5 million: flat if the cost grows linearly."""
    from balmis.core.schedule.columnar.frames import evaluate_frames

    schedule = campaign_schedule()
    found = {}
    for number in (100_000, 500_000, 1_000_000, 2_000_000, 5_000_000):
        people, doses = population(number)
        times = [
            seconds(lambda p=people, d=doses: evaluate_frames(p, d, schedule, ON))
            for _ in range(ROUNDS)
        ]
        found[f"{number / 1e6:g}m"] = round(statistics.median(times) / number * 1e6, 3)
    yield {
        "value": found["5m"],
        "unit": "s per million",
        "against": "0.1 million people",
        "against_value": found["0.1m"],
        "ratio": round(found["5m"] / found["0.1m"], 3),
        "seconds_per_million": found,
    }


def vs_scalar() -> Iterator[dict[str, Any]]:
    """The columns against the scalar reference on the same people, in one run."""
    from balmis.core.schedule.columnar.frames import evaluate_frames
    from balmis.core.schedule.history import Given, Person
    from balmis.core.schedule.person_evaluation import evaluate
    from balmis.core.vocabulary.people import Sex

    schedule = campaign_schedule()
    number, sample = 1_000_000, 4_000
    people, doses = population(number)
    cases = []
    theirs: dict[int, list[Given]] = {}
    for n, row in enumerate(doses.filter(pl.col("person") < sample).iter_rows(named=True)):
        theirs.setdefault(row["person"], []).append(Given(row["product"], row["on"], f"{n:09}"))
    for row in people.head(sample).iter_rows(named=True):
        cases.append((Person(row["born"], Sex(row["sex"])), theirs.get(row["person"], [])))
    evaluate_frames(people.head(1000), doses.filter(pl.col("person") < 1000), schedule, ON)
    ours, peer = [], []
    for _ in range(ROUNDS):
        ours.append(seconds(lambda: evaluate_frames(people, doses, schedule, ON)))
        one = seconds(lambda: [evaluate(p, d, schedule, ON) for p, d in cases])
        peer.append(one / sample * number)
    yield result(ours, peer, number, "persons/s", f"the scalar reference on {sample} of the people")


def by_numpy() -> Iterator[dict[str, Any]]:
    """The kernel against NumPy, unrolled dose by dose, for a part of the rules.

    NumPy here walks one series (of two), asks for ages, intervals by product and products, and
    forecasts the earliest day; the kernel does all. The earliest days of people whom the part
    decides are compared.
    """
    from balmis.core.schedule.columnar.frames import evaluate_frames

    schedule = campaign_schedule()
    number = 1_000_000
    people, doses = population(number)
    doses = doses.filter((pl.col("product") != "zf2001") & (pl.col("on") <= ON))
    evaluate_frames(people.head(1000), doses.filter(pl.col("person") < 1000), schedule, ON)
    ours, peer = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        answers = evaluate_frames(people, doses, schedule, ON, threads=1).people
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        earliest = _unrolled(people, doses)
        peer.append(time.perf_counter() - began)
    open_ = answers["earliest"].is_not_null().to_numpy()
    days = answers["earliest"].cast(pl.Int32).fill_null(0).to_numpy()
    differ = int((days[open_] != earliest[open_]).sum())
    if differ:
        raise AssertionError(f"{differ} people have another earliest day by NumPy")
    yield result(
        ours,
        peer,
        number,
        "persons/s, one thread",
        "NumPy for a part of the rules",
        compared=int(open_.sum()),
    )


def _unrolled(people: pl.DataFrame, doses: pl.DataFrame) -> np.ndarray:
    born = people["born"].cast(pl.Int32).to_numpy().astype(np.int64)
    who, on = doses["person"].to_numpy(), doses["on"].cast(pl.Int32).to_numpy().astype(np.int64)
    kind = doses["product"].to_physical().to_numpy().astype(np.int64)
    order = np.lexsort((kind, on, who))
    who, on, kind = who[order], on[order], kind[order]
    counts = np.bincount(who, minlength=len(born))
    first = np.cumsum(counts) - counts
    three, adult = _months_after(born, 36), _months_after(born, 216)
    target, none = np.zeros(len(born), np.int8), -(10**6)
    previous, product = np.full(len(born), none), np.zeros(len(born), np.int64)
    second = np.full(len(born), none)
    for k in range(int(counts.max())):
        has = counts > k
        at = np.where(has, first + np.minimum(k, counts - 1).clip(0), 0)
        day, given = on[at], kind[at]
        gap = day - previous
        ok1 = (target == 0) & (day >= three)
        ok2 = (target == 1) & (day >= three) & (gap >= np.where(product == 0, 21, 14))
        ok3 = (target == 2) & (day >= adult) & (day >= _months_after(second, 6))
        second = np.where(has & ok2, day, second)
        judged = has & (target < 3)
        previous, product = np.where(judged, day, previous), np.where(judged, given, product)
        target = target + (has & (ok1 | ok2 | ok3)).astype(np.int8)
    last = np.where(counts > 0, on[np.clip(first + counts - 1, 0, len(on) - 1)], none)
    minimum = np.where(
        target == 1, previous + 21, np.where(target == 2, _months_after(second, 6), none)
    )
    age = np.where(target == 1, none, adult)
    return np.maximum(np.maximum(minimum, age), last)


def _months_after(days: np.ndarray, months: int) -> np.ndarray:
    """Calendar months later; a day that does not exist rolls to the first of the next month."""
    day = days.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    into = (day - month).astype(np.int64)
    start = (month + months).astype("datetime64[D]").astype(np.int64)
    after = (month + months + 1).astype("datetime64[D]").astype(np.int64)
    return np.minimum(start + into, after)


def agreement() -> Iterator[dict[str, Any]]:
    """A million random histories through both; any difference ends the run."""
    from balmis.core.schedule.rules import ready
    from tests.agreement import schedules as made
    from tests.agreement.test_schedule import agree

    number, done = int(os.environ.get("BENCH_HISTORIES", "1000000")), 0
    draw = random.Random(int(os.environ.get("BENCH_SEED", "1")))
    began = time.perf_counter()
    while done < number:
        schedule, on = ready(made.schedule(draw)), draw.choice(made.ON)
        agree([(made.person(draw), made.history(draw, on)) for _ in range(200)], schedule, on)
        done += 200
    yield {
        "value": done,
        "unit": "histories equal",
        "against": "histories",
        "against_value": done,
        "ratio": 1.0,
        "seconds": round(time.perf_counter() - began, 1),
    }


def scalar(groups: list[str] | None, limit: float) -> Iterator[dict[str, Any]]:
    """Milliseconds for one person by the scalar reference, on CDSi's rules."""
    if not CDSI.exists():
        yield {"skipped": f"CDSi's supporting data are not at {CDSI}"}
        return
    from balmis.core.schedule.cdsi.importer import import_cdsi
    from balmis.core.schedule.history import Given, Person
    from balmis.core.schedule.person_evaluation import evaluate
    from balmis.core.schedule.rules import ready
    from balmis.core.vocabulary.people import Sex

    files = {p.name: p.read_bytes() for p in CDSI.glob("*.xml")}
    schedule = ready(import_cdsi(files, id="cdsi", version="4.64"))
    person = Person(date(1980, 5, 5), Sex.FEMALE)
    doses = [
        Given("208", date(2021, 3, 1)),
        Given("208", date(2021, 3, 25)),
        Given("208", date(2021, 10, 25)),
        Given("300", date(2022, 10, 25)),
        Given("115", date(2015, 6, 1)),
        Given("03", date(1981, 6, 1)),
    ]
    times = [
        seconds(lambda: evaluate(person, doses, schedule, date(2025, 11, 11), groups=groups))
        for _ in range(100)
    ]
    value = statistics.median(times) * 1000
    yield {
        "value": round(value, 3),
        "unit": "ms a person",
        "against": "the goal",
        "against_value": limit,
        "ratio": round(value / limit, 4),
        "slowest": round(max(times) * 1000, 3),
    }


if __name__ == "__main__":
    assert sys.argv[1] == "memory"
    print(json.dumps(memory(int(sys.argv[2]))))
