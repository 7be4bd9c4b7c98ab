"""The population's evaluation on a Spark cluster: the same function, once for each partition.

Driver and workers share a folder (`BALMIS_SPARK_DIR`; in one machine a temporary one): the
driver writes the people with their doses as Parquet, the workers write answers, the driver
reads them back. Workers need this program installed, with the `spark` extra.
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
from balmis.flows.eligibility.engine import Engine

JAVA = 17  # the oldest that Spark 4 runs on
PARTITION = 250_000  # people
ANSWER = (
    "person_id long, status string, reason string, number byte, role string, ready_on date, "
    "from_on date, past_due date, phase string, products string, valid_until date"
)


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
            "spark.driver.bindAddress", "127.0.0.1")  # fmt: skip
    session = (
        builder.config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", str(PARTITION))
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
            people: pl.DataFrame, doses: pl.DataFrame, observations: pl.DataFrame,
            schedule: Schedule, on: date, offered: Offered,
        ) -> pl.DataFrame:  # fmt: skip
            source, target = folder / "people", folder / "answers"
            write_people(people, doses, observations, source)
            evaluate_parquet(session, source, target, schedule, on, offered)
            found = pl.read_parquet(target / "*.parquet").cast({"number": pl.Int8})
            shutil.rmtree(source)
            shutil.rmtree(target)
            return found

        yield Engine("spark", evaluate, 2**62)


@contextmanager
def _shared_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(
        dir=os.environ.get("BALMIS_SPARK_DIR"), prefix="balmis-"
    ) as made:
        yield Path(made)


def write_people(
    people: pl.DataFrame, doses: pl.DataFrame, observations: pl.DataFrame, folder: Path
) -> None:
    """One row a person, with lists of doses and observations; one file a partition."""
    folder.mkdir(parents=True)
    theirs = doses.group_by("person", maintain_order=True).agg(
        pl.struct(pl.exclude("person")).alias("doses"))  # fmt: skip
    seen = observations.group_by("person", maintain_order=True).agg(
        pl.struct(pl.exclude("person")).alias("observations"))  # fmt: skip
    whole = people.join(theirs, on="person", how="left", maintain_order="left").join(
        seen, on="person", how="left", maintain_order="left")  # fmt: skip
    for n, first in enumerate(range(0, max(len(whole), 1), PARTITION)):
        whole.slice(first, PARTITION).write_parquet(folder / f"part-{n:05}.parquet")


def evaluate_parquet(
    session: Any, source: Path, target: Path, schedule: Schedule, on: date, offered: Offered
) -> None:
    """Evaluate the people of a folder of Parquet files into another folder; on the workers."""
    file = msgspec.json.encode(schedule.file)
    people = session.read.parquet(f"file://{source}")
    answers = people.mapInArrow(_on_worker(file, on, offered), schema=ANSWER)
    answers.write.parquet(f"file://{target}")


def _on_worker(file: bytes, on: date, offered: Offered) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What each worker runs on its batches of people."""

    def work(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow

        schedule = ready(msgspec.json.decode(file, type=ScheduleFile))
        for batch in batches:
            whole = pl.DataFrame(pl.from_arrow(pyarrow.Table.from_batches([batch])))
            people = whole.drop("doses", "observations")
            answers = evaluate_population(
                people, _unfolded(whole, "doses"), _unfolded(whole, "observations"), schedule, on,
                offered,
            )  # fmt: skip
            yield from answers.with_columns(pl.col("number").cast(pl.Int8)).to_arrow(
                compat_level=pl.CompatLevel.oldest()).to_batches()  # fmt: skip

    return work


def _unfolded(whole: pl.DataFrame, column: str) -> pl.DataFrame:
    """A list column as a frame of its own, in the order of the people."""
    return whole.select("person", column).drop_nulls(column).explode(column).unnest(column)
