"""The booking gate over HTTP, beside bare pgbench on the same tables, in one run.

Database, gate and load generator share the machine; `fsync` and `synchronous_commit` are on.
"""

import itertools
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from bench.databases import database, url_of
from bench.measuring import ROUNDS
from bench.people import SLUG, load_jeju

HERE = Path(__file__).parent
SECONDS = int(os.environ.get("BENCH_SECONDS", "8"))  # of each load
CONNECTIONS, THREADS = 64, 2
PEOPLE, SLOTS, HOT = 250_000, 5000, 20
PORT = 8399
_run = itertools.count(1)

MAKE = """
INSERT INTO people_register (code, title, synthetic, made_at) VALUES ('bench', 'Bench', true, now());
INSERT INTO people_person (register_id, external_id, name, born, sex, area_id)
  SELECT (SELECT id FROM people_register WHERE code = 'bench'), 'B' || n, 'Synthetic ' || n,
    '1960-01-01', 'F', (SELECT max(id) FROM places_area) FROM generate_series(1, {people}) n;
INSERT INTO booking_session (campaign_id, site_id, "on", starts_at, ends_at, slot_minutes, status,
    products, stations, minutes_per_dose, observation_minutes, stay_minutes, people_per_place,
    second_share, walk_in_share, opens_at, binding)
  SELECT (SELECT min(id) FROM campaigns_campaign), (SELECT min(id) FROM places_site),
    d::date, d, d + interval '1 day', 15, 'published', '{{}}', 10, 5, 30, 60, 1, 0, 0,
    now() - interval '1 day', 'stations'
  FROM generate_series(date_trunc('day', now() + interval '2 day'),
                       date_trunc('day', now() + interval '80 day'), interval '1 day') d;
INSERT INTO booking_slot (session_id, starts_at, capacity)
  SELECT e.id, t, 100000 FROM booking_session e,
    generate_series(e.starts_at, e.ends_at - interval '15 min', interval '15 min') t
  ORDER BY t LIMIT {slots};
INSERT INTO booking_pool (slot_id, kind, unit, capacity, taken, opens_at)
  SELECT id, 'open', '', 100000, 0, now() - interval '1 day' FROM booking_slot;
ANALYZE;
"""


@dataclass(frozen=True)
class Scene:
    name: str
    pools: list[int]
    people: list[int]
    campaign: int


@contextmanager
def scene() -> Iterator[Scene]:
    """A campaign with open places, and people who want them."""
    with database() as name:
        load_jeju()
        with psycopg.connect(url_of(name)) as connection:
            connection.execute(MAKE.format(people=PEOPLE, slots=SLOTS))
            pools = [r[0] for r in connection.execute("SELECT id FROM booking_pool ORDER BY id")]
            people = [r[0] for r in connection.execute("SELECT id FROM people_person ORDER BY id")]
            found = connection.execute("SELECT id FROM campaigns_campaign").fetchone()
        assert found is not None
        yield Scene(name, pools, people, found[0])


@contextmanager
def gate(name: str, port: int = PORT) -> Iterator[subprocess.Popen[bytes]]:
    """A gate process of its own on the database."""
    log = tempfile.TemporaryFile()  # noqa: SIM115 closed with the process
    process = subprocess.Popen(
        [sys.executable, "-m", "balmis.cli", "gate", "--port", str(port)],
        env=os.environ | {"DATABASE_URL": url_of(name), "BALMIS_LOG": "WARNING"},
        stdout=log,
        stderr=log,
    )
    try:
        _until_it_answers(f"http://127.0.0.1:{port}/gate/v1/availability?campaign={SLUG}")
        yield process
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def _until_it_answers(url: str, most: float = 60) -> None:
    end = time.monotonic() + most
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def signed(scene: Scene, number: int) -> list[str]:
    """A pass for each person, for dose `number`."""
    from balmis.core.booking.passes import Pass, sign
    from balmis.core.booking.signed_text import key_of

    key = key_of(os.environ["BALMIS_SECRET_KEY"], "booking pass")
    expires = int(time.time()) + 3600
    today = datetime.now(UTC).date()
    return [
        sign(
            Pass(
                person,
                f"Synthetic {person}",
                scene.campaign,
                number,
                (),
                today,
                date(2100, 1, 1),
                expires,
            ),
            key,
        )
        for person in scene.people
    ]


def load(scene: Scene, pools: list[int], number: int) -> dict[str, Any]:
    """wrk books for `SECONDS`; every request is another person's."""
    with tempfile.TemporaryDirectory() as folder:
        passes, places = Path(folder, "passes"), Path(folder, "pools")
        texts = signed(scene, number)
        random.Random(number).shuffle(texts)
        passes.write_text("\n".join(texts))
        places.write_text("\n".join(map(str, pools)))
        arguments = [passes, places, THREADS, f"{number:04x}"]
        return _wrk("rush.lua", "/", arguments)


def _wrk(script: str, path: str, arguments: list[Any]) -> dict[str, Any]:
    done = subprocess.run(
        [
            "wrk",
            f"-t{THREADS}",
            f"-c{CONNECTIONS}",
            f"-d{SECONDS}s",
            "-s",
            HERE / script,
            f"http://127.0.0.1:{PORT}{path}",
            "--",
            *map(str, arguments),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(re.findall(r"^\{.*\}$", done.stdout, re.M)[-1])
    return found


BARE = """
\\set pool random(1, {pools})
WITH place AS (
  UPDATE booking_pool SET taken = taken + 1
  WHERE id = (SELECT pool FROM bench_pool WHERE nr = :pool) AND taken < capacity RETURNING id
)
INSERT INTO booking_booking (request_id, pool_id, campaign_id, person_id, number, status, channel,
  made_at, confirmed_at)
SELECT gen_random_uuid(), id, {campaign}, nextval('bench_person'), {number}, 'confirmed', 'resident',
  now(), now() FROM place
"""


def bare(scene: Scene, pools: list[int], number: int) -> dict[str, float]:
    """pgbench runs the guarded counter and the insert as one statement, one by one."""
    with psycopg.connect(url_of(scene.name)) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_pool; DROP SEQUENCE IF EXISTS bench_person")
        cursor.execute("CREATE TABLE bench_pool (nr int PRIMARY KEY, pool bigint)")
        cursor.executemany("INSERT INTO bench_pool VALUES (%s, %s)", list(enumerate(pools, 1)))
        cursor.execute(f"CREATE SEQUENCE bench_person START {scene.people[0]} CACHE 100")
        connection.commit()
    parts = conninfo_to_dict(url_of(scene.name))
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "bare.sql")
        script.write_text(
            BARE.format(pools=len(pools), campaign=scene.campaign, number=number).replace(
                "\n  ", " "
            )
        )
        done = subprocess.run(
            [
                "pgbench",
                "-n",
                "-M",
                "prepared",
                "-c",
                "16",
                "-j",
                "2",
                "-T",
                str(SECONDS),
                "-f",
                script,
                "-l",
                f"--log-prefix={folder}/log",
                "-h",
                str(parts.get("host", "")),
                "-p",
                str(parts.get("port", 5432)),
                "-U",
                str(parts.get("user", "")),
                str(parts["dbname"]),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        times = sorted(
            int(line.split()[2])
            for log in Path(folder).glob("log*")
            for line in log.read_text().splitlines()
        )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, done.stdout
    return {
        "rate": float(found[1]),
        "p50": times[len(times) // 2] / 1000,
        "p99": times[len(times) * 99 // 100] / 1000,
    }


def violations(name: str, acknowledged: dict[int, int]) -> int:
    """Drift, and acknowledged bookings (by dose number) that are not stored."""
    from balmis.contexts.booking.drift import drift

    found = sum(d.count for d in drift())
    with psycopg.connect(url_of(name)) as connection:
        rows = connection.execute(
            "SELECT number, count(*) FROM booking_booking WHERE status = 'confirmed' GROUP BY 1"
        )
        stored = {int(number): int(count) for number, count in rows}
    return found + sum(max(0, n - stored.get(k, 0)) for k, n in acknowledged.items())


def confirm(pick: Any) -> Iterator[dict[str, Any]]:
    """Bookings confirmed a second through the gate, against bare pgbench; rounds in turn."""
    with scene() as made:
        pools = pick(made)
        ours, peer, acknowledged = [], [], {}
        number = 0
        with gate(made.name):
            for _ in range(ROUNDS):
                number += 1
                peer.append(bare(made, pools, number))
                number += 1
                ours.append(load(made, pools, number))
                acknowledged[number] = ours[-1]["made"]
        rates = [o["made"] / o["seconds"] for o in ours]
        yield _line(rates, peer, ours, violations(made.name, acknowledged))


def _line(
    rates: list[float], peer: list[dict[str, float]], ours: list[dict[str, Any]], wrong: int
) -> dict[str, Any]:
    mid = statistics.median
    value, other = mid(rates), mid(p["rate"] for p in peer)
    return {
        "value": round(value),
        "unit": "bookings/s",
        "against": "bare pgbench, one by one",
        "against_value": round(other),
        "ratio": round(value / other, 3),
        "violations": wrong,
        "p50": mid(o["p50"] for o in ours),
        "p99": mid(o["p99"] for o in ours),
        "against_p99": mid(p["p99"] for p in peer),
        "broken": sum(o["broken"] for o in ours),
        "spread": round(max(rates) / min(rates), 2),
        "rounds": len(rates),
    }


def uniform() -> Iterator[dict[str, Any]]:
    yield from confirm(lambda made: made.pools)


def hot() -> Iterator[dict[str, Any]]:
    yield from confirm(lambda made: made.pools[:HOT])


def sold_out() -> Iterator[dict[str, Any]]:
    """Answers a second that a place is gone, against pgbench asking the same."""
    with scene() as made:
        pools = made.pools[:HOT]
        with psycopg.connect(url_of(made.name)) as connection:
            connection.execute("UPDATE booking_pool SET capacity = 0")
        ours, peer = [], []
        with gate(made.name):
            for _ in range(ROUNDS):
                peer.append(bare(made, pools, 1))
                ours.append(load(made, pools, 1))
        rates = [o["refused"] / o["seconds"] for o in ours]
        wrong = violations(made.name, {}) + sum(o["made"] for o in ours)
        yield _line(rates, peer, ours, wrong) | {"unit": "answers/s"}


def availability() -> Iterator[dict[str, Any]]:
    """Reads a second of a day's places, against the database asked each time by pgbench."""
    with scene() as made, gate(made.name):
        day = (datetime.now(UTC) + timedelta(days=3)).date()
        path = f"/gate/v1/availability?campaign={SLUG}&on={day}"
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}") as answer:
            size = len(answer.read())
        ours = [_wrk("reads.lua", path, []) for _ in range(ROUNDS)]
        rates = [o["requests"] / o["seconds"] for o in ours]
        yield {
            "value": round(statistics.median(rates)),
            "unit": "reads/s",
            "against": "the goal",
            "against_value": 15_000,
            "ratio": round(statistics.median(rates) / 15_000, 3),
            "violations": sum(o["refused"] for o in ours),
            "bytes": size,
            "p50": statistics.median(o["p50"] for o in ours),
            "p99": statistics.median(o["p99"] for o in ours),
        }


def check_tools() -> None:
    for name in ("wrk", "pgbench"):
        if shutil.which(name) is None:
            sys.exit(f"This benchmark needs {name} (Debian: apt-get install wrk postgresql).")
