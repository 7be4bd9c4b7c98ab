"""Doses: imported as a list, and recorded one by one by several people at once."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import polars as pl
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from bench.databases import database, url_of
from bench.measuring import ROUNDS, raw_copy, result, seconds
from bench.people import NOW, SLUG, load_jeju, register_people

SCALE = 0.3
HEARD = datetime(2021, 6, 17, 12, tzinfo=UTC)
RECORDED = 1600  # doses of a round
SITE, PRODUCT, LOT = "halla-gymnasium", "comirnaty", "BENCH"
# what recording a dose writes, in the order of writing
TABLES = (
    "clinic_dose",
    "supply_stockmove",
    "ledger_auditentry",
    "ledger_message",
    "ledger_delivery",
)


def receive(doses: int) -> int:
    from balmis.core.actor import Actor
    from balmis.core.vocabulary.supply import MoveKind
    from balmis.flows.supply.stock import MoveStock, move_stock

    move = MoveStock(
        request_id=UUID(int=1),
        kind=MoveKind.RECEIPT,
        site=SITE,
        product=PRODUCT,
        lot=LOT,
        doses=Decimal(doses),
        occurred_on=date(2021, 3, 1),
    )
    return move_stock(move, actor=Actor.system("bench"), now=NOW).lot_id


def person_ids(name: str, number: int | None = None) -> list[tuple[int, str]]:
    with psycopg.connect(url_of(name)) as connection:
        rows = connection.execute(
            "SELECT id, external_id FROM people_person ORDER BY id LIMIT %s", [number]
        )
        return [(row[0], row[1]) for row in rows]


def import_() -> Iterator[dict[str, Any]]:
    from balmis.contexts.people import queries
    from balmis.core.actor import Actor
    from balmis.flows.clinic.import_doses import ImportDoses, import_doses

    ours, peer, number = [], [], 0
    for _ in range(ROUNDS):
        with database() as name:
            load_jeju()
            register_people(SCALE)
            people = person_ids(name)
            number = len(people)
            receive(number)
            rows = pl.DataFrame({"person": [p for _, p in people]}).with_columns(
                row=pl.int_range(1, pl.len() + 1),
                key=pl.col("person"),
                product=pl.lit(PRODUCT),
                lot=pl.lit(LOT),
                site=pl.lit(SITE),
                kind=pl.lit("primary_1"),
                units=pl.lit(1.0),
                given_at=pl.lit("2021-06-17T12:00:00+09:00"),
            )
            register = queries.registers()[0]
            command = ImportDoses(campaign=SLUG, register_id=register.pk, source="bench", rows=rows)
            ours.append(
                seconds(
                    lambda: import_doses(command, actor=Actor.system("bench"), now=HEARD)  # noqa: B023
                )
            )
            peer.append(raw_copy(name, "clinic_dose"))
    yield result(ours, peer, number, "doses/s", "raw COPY of the same dose rows, no index")


def in_threads(work: list[list[Any]], one: Any) -> float:
    """Seconds for `one` on each list's items, a thread for each list."""

    def run(items: list[Any]) -> None:
        one(items)

    threads = [threading.Thread(target=run, args=(items,)) for items in work]

    def all_of_them() -> None:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return seconds(all_of_them)


def record(threads: int) -> Iterator[dict[str, Any]]:
    ours, peer = [], []
    with database() as prepared:
        load_jeju()
        register_people(0.02)
        lot = receive(RECORDED * 2)
        people = [i for i, _ in person_ids(prepared, RECORDED)]
        with psycopg.connect(url_of(prepared), autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        for _ in range(ROUNDS):
            with database(prepared) as name:
                shares = [people[i::threads] for i in range(threads)]
                ours.append(in_threads(shares, lambda share: _record(share, lot)))
                rows = written(name, TABLES, RECORDED)
            with database(prepared) as name:
                shares_of_rows = [rows[i::threads] for i in range(threads)]
                peer.append(in_threads(shares_of_rows, lambda share: bare(name, share)))
    yield result(
        ours, peer, RECORDED, "doses/s", "a bare transaction writing the same rows", threads=threads
    )


def _record(people: list[int], lot: int) -> None:
    from django.db import connection

    from balmis.core.actor import Actor
    from balmis.core.vocabulary.clinic import DoseKind
    from balmis.flows.clinic.record_dose import RecordDose, record_dose

    actor = Actor.system("bench")
    given_at = datetime(2021, 6, 17, 3, tzinfo=UTC)
    for person in people:
        command = RecordDose(
            request_id=UUID(int=1000 + person),
            campaign=SLUG,
            person_id=person,
            product=PRODUCT,
            kind=DoseKind.PRIMARY_1,
            given_at=given_at,
            lot_id=lot,
            site=SITE,
        )
        record_dose(command, actor=actor, now=given_at)
    connection.close()


Row = tuple[str, list[Any]]  # the statement and its values


def written(name: str, tables: Sequence[str], number: int) -> list[list[Row]]:
    """For each of the last `number` doses the rows it wrote, as plain inserts; a table named
    twice has two rows of each."""
    found: list[list[Row]] = [[] for _ in range(number)]
    with psycopg.connect(url_of(name)) as connection:
        for nr, table in enumerate(tables):
            cursor = connection.execute(
                sql.SQL("SELECT * FROM {} ORDER BY id DESC LIMIT %s OFFSET %s").format(
                    sql.Identifier(table)
                ),
                [number, number * tables[:nr].count(table)],
            )
            names = [column.name for column in cursor.description or ()]
            insert = (
                sql.SQL("INSERT INTO {} ({}) VALUES ({})")
                .format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, names)),
                    sql.SQL(", ").join(sql.Placeholder() * len(names)),
                )
                .as_string(connection)
            )
            for rest, row in zip(found, cursor.fetchall(), strict=True):
                rest.append((insert, [Jsonb(v) if isinstance(v, dict) else v for v in row]))
    return found


def bare(name: str, doses: list[list[Row]]) -> None:
    """The same rows and the two balances; nothing read or judged; one commit a dose."""
    with psycopg.connect(url_of(name), autocommit=True) as connection:
        for rows in doses:
            with connection.transaction():
                for insert, values in rows:
                    connection.execute(insert, values)
                for account, change in (("site", -1), ("given", 1)):
                    connection.execute(
                        "UPDATE supply_balance SET doses = doses + %s WHERE account = %s",
                        [change, account],
                    )
