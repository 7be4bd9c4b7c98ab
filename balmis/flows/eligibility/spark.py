"""The population's evaluation on a Spark cluster: the same function, once for each partition.

Driver and workers share a folder (`BALMIS_SPARK_DIR`; in one machine a temporary one): the
driver writes parts of the population as Parquet, each task reads one part and writes its
answers, the driver reads them back. Rows never pass through Spark's own formats, which took
a hundred times as long as the evaluation. Workers need this program installed, with the
`spark` extra.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from balmis.core.errors import Unusable
from balmis.core.schedule.columnar.population import Offered, evaluate_population
from balmis.core.schedule.format import ScheduleFile
from balmis.core.schedule.rules import Schedule, ready
from balmis.flows.eligibility.population_engine import Engine

JAVA = 17  # the oldest that Spark 4 runs on
PARTITION = 250_000  # people; one task each


def check_java() -> None:
    """Raises Unusable, saying what to install, when there is no Java that Spark can use."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    wanted = f"Spark needs Java {JAVA} or newer; install it, or run without --engine spark."
    if java is None:
        raise Unusable(f"No Java was found. {wanted}")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    if found is None or int(found[1]) < JAVA:
        raise Unusable(f"The Java found is {found[1] if found else 'unknown'}. {wanted}")


@contextmanager
def spark_session(master: str | None = None) -> Iterator[Any]:
    """A session on `BALMIS_SPARK_MASTER`, or on all cores of this machine.

    Raises Unusable when Spark or Java is missing.
    """
    check_java()
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise Unusable("Spark is not installed; install balmis[spark].") from None
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    master = master or os.environ.get("BALMIS_SPARK_MASTER", "local[*]")
    builder = SparkSession.builder.appName("balmis eligibility").master(master)
    if master.startswith("local"):
        builder = builder.config("spark.driver.host", "127.0.0.1").config(
            "spark.driver.bindAddress", "127.0.0.1"
        )
    session = (
        builder.config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield session
    finally:
        session.stop()


@contextmanager
def spark_engine(master: str | None = None) -> Iterator[Engine]:
    """The engine for `run_eligibility`; it hands over everyone at once."""
    with spark_session(master) as session, _shared_folder() as folder:

        def evaluate(
            people: pl.DataFrame,
            doses: pl.DataFrame,
            observations: pl.DataFrame,
            schedule: Schedule,
            on: date,
            offered: Offered,
        ) -> pl.DataFrame:
            parts = write_parts(people, doses, observations, folder)
            task = _task(str(folder), msgspec.json.encode(schedule.file), on, offered)
            evaluate_parts(session, parts, task)
            found = pl.read_parquet([folder / f"answers-{n}.parquet" for n in range(parts)])
            for path in folder.iterdir():
                path.unlink()
            return found

        yield Engine("spark", evaluate, 2**62)


@contextmanager
def _shared_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(
        dir=os.environ.get("BALMIS_SPARK_DIR"), prefix="balmis-"
    ) as made:
        Path(made).chmod(0o770)  # the workers may run as another user of the group
        yield Path(made)


def write_parts(
    people: pl.DataFrame, doses: pl.DataFrame, observations: pl.DataFrame, folder: Path
) -> int:
    """People and what is theirs, PARTITION people to a part; how many parts there are."""
    starts = range(0, max(len(people), 1), PARTITION)
    for n, start in enumerate(starts):
        part = people.slice(start, PARTITION)
        part.write_parquet(folder / f"people-{n}.parquet")
        for name, frame in (("doses", doses), ("observations", observations)):
            theirs = pl.col("person").is_between(part["person"].min(), part["person"].max())
            frame.filter(theirs).write_parquet(folder / f"{name}-{n}.parquet")
    return len(starts)


def evaluate_parts(session: Any, parts: int, task: Callable[[int], int]) -> None:
    """One task a part. Spark runs a task that was lost again: it writes the same file anew."""
    session.sparkContext.parallelize(range(parts), parts).map(task).collect()


def _task(folder: str, file: bytes, on: date, offered: Offered) -> Callable[[int], int]:
    """What a worker does with part `n`: only names and rules travel through Spark."""

    def work(n: int) -> int:
        schedule = ready(msgspec.json.decode(file, type=ScheduleFile))
        people, doses, observations = (
            pl.read_parquet(f"{folder}/{name}-{n}.parquet")
            for name in ("people", "doses", "observations")
        )
        answers = evaluate_population(people, doses, observations, schedule, on, offered, threads=1)
        target = Path(f"{folder}/answers-{n}.parquet")
        unfinished = target.with_suffix(f".{os.getpid()}")
        answers.write_parquet(unfinished)
        unfinished.replace(target)
        return len(answers)

    return work
