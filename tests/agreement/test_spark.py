"""On a Spark cluster of two worker processes the answers are those of this process."""

import os
import shutil
from datetime import date
from pathlib import Path
from random import Random

import polars as pl
import pytest

from balmis.core.errors import BadInput, Unusable
from balmis.core.schedule.campaign_offer import Offer
from balmis.core.schedule.columnar.population import Offered, evaluate_population
from balmis.flows.eligibility import spark
from balmis.flows.eligibility.engine_choice import engine_named
from tests.agreement import schedules as made
from tests.agreement.test_schedule import frames_of, preset

pytestmark = pytest.mark.deep  # a cluster takes its time to start
ON = date(2021, 12, 15)
OFFERED = Offered(
    (Offer("all", roles=frozenset({"booster"}), opens_on=date(2021, 10, 15)),),
    ("g",),
    frozenset(),
    (("CN-14",),),
)


@pytest.fixture
def java() -> None:
    try:
        spark.check_java()
    except Unusable as error:
        pytest.skip(str(error))


def test_two_workers_give_the_answers_of_this_process(
    java: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(spark, "PARTITION", 60)  # more parts than workers
    monkeypatch.setenv("BALMIS_SPARK_DIR", str(tmp_path))
    r, schedule = Random(5), preset("shanxi-covid19-2021")
    names = dict(zip(made.PRODUCTS, [*schedule.products, "unheard-of"], strict=True))
    cases = []
    for _ in range(200):
        person, doses = made.person(r), made.history(r, ON)
        for d in doses:
            object.__setattr__(d, "product", names.get(d.product, d.product))
        cases.append((person, doses))
    f = frames_of(cases)
    people = f["people"].with_columns(
        pl.lit(0, pl.Int8).alias("group"), pl.lit(0, pl.Int32).alias("area")
    )
    asked = (people, f["doses"], f["observations"], schedule, ON, OFFERED)
    with spark.spark_engine("local-cluster[2,1,1024]") as engine:
        found = engine.evaluate(*asked)
    expected = evaluate_population(*asked)
    assert found.sort("person_id").equals(expected)
    assert expected["status"].n_unique() > 2
    assert list(tmp_path.iterdir()) == []


def test_without_java_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(Unusable, match="No Java was found. Spark needs Java 17"):
        spark.check_java()


def test_an_old_java_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_300\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(Unusable, match="The Java found is 8"):
        spark.check_java()


def test_an_engine_that_does_not_exist_is_named() -> None:
    with pytest.raises(BadInput, match="no engine 'cloud'"), engine_named("cloud"):
        pass
