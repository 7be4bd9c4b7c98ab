"""Eligibility of a whole campaign: from the database and back, and on a cluster."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from bench.databases import database
from bench.measuring import seconds
from bench.people import SLUG, load_jeju, register_people
from bench.schedule import campaign_schedule, population

DAY = date(2021, 6, 18)


def jeju() -> Iterator[dict[str, Any]]:
    """All residents of Jeju evaluated and stored; then the night after 1 % had a dose."""
    from balmis.core.actor import Actor
    from balmis.flows.eligibility.run import RunEligibility, run_eligibility

    def run(on: date) -> Any:
        return run_eligibility(
            RunEligibility(campaign=SLUG, on=on),
            actor=Actor.system("bench"),
            clock=lambda: datetime.now(UTC),
        )

    with database():
        load_jeju()
        register_people(1.0)
        _give(0.34, DAY - timedelta(days=60))
        run(DAY - timedelta(days=1))  # compiles the kernel and makes the rows
        everyone = run_eligibility(
            RunEligibility(campaign=SLUG, on=DAY, everyone=True),
            actor=Actor.system("bench"),
            clock=lambda: datetime.now(UTC),
        )
        first = _first_run()
        _give(0.01, DAY)
        night = run(DAY + timedelta(days=1))
    yield {
        "value": round(first.seconds, 1),
        "unit": "s, first run",
        "against": "the goal",
        "against_value": 60,
        "ratio": round(first.seconds / 60, 3),
        "people": first.people,
        "all_again_seconds": round(everyone.seconds, 1),
        "night_seconds": round(night.seconds, 1),
        "night_goal": 10,
        "night_evaluated": night.evaluated,
    }


def _first_run() -> Any:
    """Everything anew: no answers stored before."""
    from django.db import connection

    from balmis.core.actor import Actor
    from balmis.flows.eligibility.run import RunEligibility, run_eligibility

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE eligibility_nextdose")
    return run_eligibility(
        RunEligibility(campaign=SLUG, on=DAY),
        actor=Actor.system("bench"),
        clock=lambda: datetime.now(UTC),
    )


GIVE = """
INSERT INTO clinic_dose (request_id, campaign_id, person_id, product_id, kind, completes, units,
  given_at, given_on, recorded_at, actor)
SELECT gen_random_uuid(), c.id, m.person_id, p.id, 'primary_1', false, 1, %(day)s, %(day)s, %(day)s, 'bench'
FROM campaigns_campaign c JOIN campaigns_member m ON m.campaign_id = c.id
JOIN supply_product p ON p.code = (ARRAY['vaxzevria', 'comirnaty'])[1 + m.person_id %% 2]
WHERE hashint8(m.person_id)::bigint & 65535 < %(share)s * 65536
  AND NOT EXISTS (SELECT 1 FROM clinic_dose d WHERE d.person_id = m.person_id AND d.given_on = %(day)s)
"""


def _give(share: float, day: date) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(GIVE, {"share": share, "day": day})
        cursor.execute("ANALYZE clinic_dose")


def spark() -> Iterator[dict[str, Any]]:
    """Shanxi at 1:10 scale, 3.5 million people, in this process and on two Spark workers."""
    from balmis.core.errors import Unusable
    from balmis.core.schedule.campaign_offer import Offer
    from balmis.core.schedule.columnar.population import Offered, evaluate_population
    from balmis.flows.eligibility.spark import check_java, spark_engine

    try:
        check_java()
    except Unusable as error:
        yield {"skipped": str(error)}
        return
    number, on = 3_491_562, date(2021, 12, 15)
    schedule = campaign_schedule()
    people, doses = population(number)
    people = people.with_columns(
        (pl.col("person") % 2).cast(pl.Int8).alias("group"), pl.lit(0, pl.Int32).alias("area")
    )
    seen = pl.DataFrame(
        schema={"person": pl.Int64, "code": pl.String, "on": pl.Date, "until": pl.Date}
    )
    offered = Offered(
        (
            Offer(
                "key", frozenset({"key"}), roles=frozenset({"booster"}), opens_on=date(2021, 10, 15)
            ),
            Offer(
                "willing",
                frozenset({"others"}),
                roles=frozenset({"booster"}),
                opens_on=date(2021, 11, 1),
            ),
        ),
        ("key", "others"),
        frozenset(),
        (("CN-14",),),
    )
    asked = (people, doses, seen, schedule, on, offered)
    evaluate_population(people.head(1000), doses.filter(pl.col("person") < 1000), seen, *asked[3:])
    answers: dict[str, pl.DataFrame] = {}
    took = {"local": seconds(lambda: answers.update(local=evaluate_population(*asked)))}
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o700)
        with spark_engine("local-cluster[2,1,2048]") as engine:
            took["spark"] = seconds(lambda: answers.update(spark=engine.evaluate(*asked)))
            took["spark again"] = seconds(lambda: answers.update(spark=engine.evaluate(*asked)))
    same = answers["spark"].sort("person_id").equals(answers["local"])
    if not same:
        raise AssertionError("Spark and this process do not agree")
    yield {
        "value": round(took["spark again"], 1),
        "unit": "s",
        "against": "in this process",
        "against_value": round(took["local"], 1),
        "identical": same,
        "people": number,
        "ratio": round(took["spark again"] / took["local"], 2),
        "first_seconds": round(took["spark"], 1),
    }
