"""Medians of interleaved rounds, and the peers that ours is measured against."""

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

from bench.databases import url_of

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def result(
    ours: list[float], peer: list[float], number: int, unit: str, against: str, **more: Any
) -> dict[str, Any]:
    """`number` things took `ours` seconds in each round, and `peer` seconds the other way."""
    value = number / statistics.median(ours)
    other = number / statistics.median(peer)
    return {
        "value": round(value, 1),
        "unit": unit,
        "against": against,
        "against_value": round(other, 1),
        "ratio": round(value / other, 4),
        "rounds": len(ours),
        "number": number,
        "spread": round(max(ours) / min(ours), 2),
        **more,
    }


def raw_copy(name: str, table: str) -> float:
    """Seconds to COPY the rows of a table, taken out before, into one without any index."""
    with psycopg.connect(url_of(name)) as connection:
        which = sql.Identifier(table)
        with connection.cursor() as cursor:
            with cursor.copy(sql.SQL("COPY {} TO STDOUT").format(which)) as out:
                blocks = [bytes(block) for block in out]
            cursor.execute(sql.SQL("CREATE TABLE raw_copy (LIKE {})").format(which))
            connection.commit()

            def load() -> None:
                with cursor.copy("COPY raw_copy FROM STDIN") as into:
                    into.write(b"".join(blocks))
                connection.commit()

            return seconds(load)
