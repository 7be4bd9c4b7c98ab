"""A database and gates of our own, which may be killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from tests.programs import ADDRESSES
from tests.stress.checker import Row

SECRET = "only-for-the-stress-run"
CODE = "stress-2021"

MAKE = """
INSERT INTO places_area (code, kind, names, path, depth) VALUES ('S', 'town', '{}', '/S/', 0);
INSERT INTO places_site (code, area_id, kind, status, names, address, time_zone, opening, access)
  SELECT 's', id, 'centre', 'open', '{}', '', 'Asia/Seoul', '[]', '{}' FROM places_area;
INSERT INTO campaigns_campaign (slug, area_id, time_zone, made_at)
  SELECT 'stress-2021', id, 'Asia/Seoul', now() FROM places_area;
INSERT INTO people_register (code, title, synthetic, made_at) VALUES ('s', 'Stress', true, now());
INSERT INTO people_person (register_id, external_id, name, born, sex, area_id)
  SELECT r.id, 'S' || n, 'Synthetic ' || n, '1960-01-01', 'F', a.id
  FROM people_register r, places_area a, generate_series(1, 20000) n;
INSERT INTO booking_session (campaign_id, site_id, "on", starts_at, ends_at, slot_minutes, status,
    products, stations, minutes_per_dose, observation_minutes, stay_minutes, people_per_place,
    second_share, walk_in_share, opens_at, binding)
  SELECT c.id, s.id, current_date + 2, now() + interval '2 day', now() + interval '90 day', 15,
    'published', '{}', 1, 5, 30, 60, 1, 0, 0, now(), 'stations'
  FROM campaigns_campaign c, places_site s;
"""
ADD = """
WITH slots AS (
  INSERT INTO booking_slot (session_id, starts_at, capacity)
  SELECT e.id, e.starts_at + (n + (SELECT count(*) FROM booking_slot)) * interval '15 min', %s
  FROM booking_session e, generate_series(0, %s - 1) n RETURNING id
)
INSERT INTO booking_pool (slot_id, kind, unit, capacity, taken, opens_at)
SELECT id, 'open', '', %s, 0, now() FROM slots RETURNING id
"""


class World:
    """One PostgreSQL with full durability, and gates on it."""

    def __init__(self, home: Path, ports: list[int]) -> None:
        self.home, self.ports = home, ports
        self.gates: dict[int, subprocess.Popen[bytes]] = {}
        self.kills = 0
        self.environment = {k: v for k, v in os.environ.items() if k not in ADDRESSES} | {
            "BALMIS_HOME": str(home),
            "BALMIS_SECRET_KEY": SECRET,
            "BALMIS_LOG": "CRITICAL",
        }
        self.url = self.start_database()
        self._balmis("db", "migrate")
        self.environment["DATABASE_URL"] = self.url
        with psycopg.connect(self.url) as connection:
            connection.execute(MAKE)
        self.people = self.ids("SELECT id FROM people_person ORDER BY id")
        (self.campaign,) = self.ids("SELECT id FROM campaigns_campaign")

    def _balmis(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "balmis.cli", *arguments]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    # ---- the database -----------------------------------------------------------------------

    def start_database(self) -> str:
        environment = {k: v for k, v in self.environment.items() if k not in ADDRESSES}
        command = [sys.executable, "-m", "balmis.cli", "db", "start"]
        end = time.monotonic() + 60
        while True:  # after a kill the old processes need a moment to let go
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode == 0:
                return done.stdout.strip().splitlines()[-1]
            assert time.monotonic() < end, done.stderr
            time.sleep(0.2)

    def kill_database(self) -> float:
        """Kill the server as a power cut would, start it again; returns when it was back."""
        pid = int((self.home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        self.kills += 1
        self.start_database()
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=1).close()
                return time.monotonic()
            except psycopg.OperationalError:
                time.sleep(0.02)

    def ids(self, query: str) -> list[int]:
        with psycopg.connect(self.url) as connection:
            return [row[0] for row in connection.execute(query)]

    def add_pools(self, number: int, capacity: int) -> list[int]:
        with psycopg.connect(self.url) as connection:
            rows = connection.execute(ADD, [capacity, number, capacity])
            return sorted(row[0] for row in rows)

    def pass_holds(self) -> None:
        """Half of the holds have run out."""
        with psycopg.connect(self.url) as connection:
            connection.execute(
                "UPDATE booking_booking SET hold_until = now() - interval '1 s' "
                "WHERE status = 'held' AND id % 2 = 0"
            )

    def rows(self, number: int) -> list[Row]:
        with psycopg.connect(self.url) as connection:
            found = connection.execute(
                "SELECT id, request_id, person_id, number, pool_id, status "
                "FROM booking_booking WHERE number = %s",
                [number],
            )
            return [Row(*row) for row in found]

    def pools(self, ids: list[int]) -> dict[int, tuple[int, int]]:
        with psycopg.connect(self.url) as connection:
            found = connection.execute(
                "SELECT id, capacity, taken FROM booking_pool WHERE id = ANY(%s)", [ids]
            )
            return {row[0]: (row[1], row[2]) for row in found}

    # ---- the gates --------------------------------------------------------------------------

    def start_gate(self, port: int) -> None:
        self.gates[port] = subprocess.Popen(
            [sys.executable, "-m", "balmis.cli", "gate", "--port", str(port)],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill_gate(self, port: int) -> None:
        """Kill a gate as the machine would, and start another in its place."""
        self.gates[port].kill()
        self.gates[port].wait()
        self.kills += 1
        self.start_gate(port)

    def close(self) -> None:
        for gate in self.gates.values():
            gate.kill()
            gate.wait()
        environment = {k: v for k, v in self.environment.items() if k not in ADDRESSES}
        subprocess.run(
            [sys.executable, "-m", "balmis.cli", "db", "stop"],
            env=environment,
            capture_output=True,
            check=False,
        )
