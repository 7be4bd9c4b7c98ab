"""A day at one site: desks that send every step of every visit over HTTP, and doses one by one.

The desks, the server and the database share the machine. `lost` are steps that were acknowledged
and are not stored, `doubled` people with two live doses.
"""

import http.cookiejar
import json
import os
import queue
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg

from bench.databases import database, url_of
from bench.doses import LOT, PRODUCT, SITE, bare, person_ids, receive, written
from bench.measuring import ROUNDS, seconds
from bench.people import SLUG, load_jeju, register_people

VISITS = int(os.environ.get("BENCH_VISITS", "3000"))
DESKS = 40
PORT = 8398
RECORDED = 400  # doses of a round, one by one
PASSWORD = "only-for-benchmarks"
API = f"http://127.0.0.1:{PORT}/api/v1/clinic/{SLUG}/{SITE}/"


def day() -> Iterator[dict[str, Any]]:
    """Visits over HTTP, then doses recorded one by one beside bare transactions."""
    with database() as name:
        load_jeju()
        register_people(0.02)
        receive(VISITS * 2)
        _users(DESKS)
        people = [i for i, _ in _adults(name, VISITS)]
        with _server(name):
            began = time.perf_counter()
            took, acknowledged = _work(people)
            lasted = time.perf_counter() - began
        wrong = _wrong(name, acknowledged)
    ours, peer = _doses()
    steps = [ms for times in took.values() for ms in times]
    yield {
        "value": round(len(people) / lasted, 1),
        "unit": "visits/s",
        "visits": len(people),
        "desks": DESKS,
        "steps": len(steps),
        "seconds": round(lasted, 1),
        "p50": _part(steps, 0.5),
        "p99": _part(steps, 0.99),
        **{f"p99_{kind}": _part(times, 0.99) for kind, times in took.items()},
        **wrong,
        "doses_a_second": round(ours, 1),
        "against": "a bare transaction writing the same rows",
        "against_value": round(peer, 1),
        "ratio": round(ours / peer, 3),
    }


def _part(times: list[float], share: float) -> float:
    return round(sorted(times)[min(len(times) - 1, int(len(times) * share))], 1)


def _adults(name: str, number: int) -> list[tuple[int, str]]:
    with psycopg.connect(url_of(name)) as connection:
        rows = connection.execute(
            "SELECT id, external_id FROM people_person WHERE born < '1955-01-01' ORDER BY id LIMIT %s",
            [number],
        )
        found = [(row[0], row[1]) for row in rows]
    return found if len(found) == number else person_ids(name, number)


def _users(desks: int) -> None:
    """One a desk: nobody signs in at forty places at once."""
    from balmis.contexts.access import services as access
    from balmis.contexts.places import queries as places
    from balmis.core.vocabulary.access import Role

    works = [(Role.VACCINATOR, None, places.site(SITE))]
    for n in range(desks):
        access.keep_user(f"desk-{n}", name=f"Desk {n}", password=PASSWORD, grants=works)


@contextmanager
def _server(name: str) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "balmis.cli", "web", "--port", str(PORT)],
        env=os.environ | {"DATABASE_URL": url_of(name), "BALMIS_LOG": "ERROR"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health/ready", timeout=5):
                    break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)


class Desk:
    """A signed-in device."""

    def __init__(self, n: int) -> None:
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        page = self.opener.open(f"http://127.0.0.1:{PORT}/sign-in/").read().decode()
        token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        fields = f"csrfmiddlewaretoken={token}&username=desk-{n}&password={PASSWORD}"
        self.opener.open(f"http://127.0.0.1:{PORT}/sign-in/", fields.encode()).read()
        self.csrf = json.loads(self.opener.open(f"{API}token").read())["csrf"]

    def send(self, step: dict[str, Any]) -> str:
        body = json.dumps({"device": "bench", "steps": [step]}).encode()
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.csrf}
        with self.opener.open(urllib.request.Request(f"{API}steps", body, headers)) as answer:
            state: str = json.loads(answer.read())[0]["state"]
        return state


def _visit(person: int) -> Iterator[dict[str, Any]]:
    from balmis.flows.clinic.texts import clinic_file

    of = clinic_file().screening[0]
    now = datetime.now(UTC).isoformat()
    facts: list[tuple[str, dict[str, Any]]] = [
        ("check_in", {"how": "photo_id"}),
        (
            "screen",
            {
                "questionnaire": of.code,
                "version": of.version,
                "product": PRODUCT,
                "answers": {q.code: False for q in of.questions},
            },
        ),
        ("consent", {"text": "covid19", "version": "2021-06", "by": "self", "how": "paper"}),
        (
            "dose",
            {
                "product": PRODUCT,
                "lot": LOT,
                "body_site": "left_arm",
                "cleared": {"light": "green", "as_of": now, "checks": []},
            },
        ),
        ("seat", {"minutes": 15}),
        ("discharge", {"reason": "a bench does not wait"}),
    ]
    for kind, said in facts:
        at = datetime.now(UTC).isoformat()
        yield {"request_id": str(uuid4()), "person": person, "kind": kind, "at": at, "facts": said}


def _work(people: list[int]) -> tuple[dict[str, list[float]], list[str]]:
    """Milliseconds by kind of step, and the ids of the steps that were acknowledged."""
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for person in people:
        waiting.put(person)
    took: dict[str, list[float]] = defaultdict(list)
    acknowledged: list[str] = []

    def run(n: int) -> None:
        desk = Desk(n)
        while True:
            try:
                person = waiting.get_nowait()
            except queue.Empty:
                return
            for step in _visit(person):
                began = time.perf_counter()
                if desk.send(step) == "new":
                    acknowledged.append(step["request_id"])
                took[step["kind"]].append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(DESKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took, acknowledged


def _wrong(name: str, acknowledged: list[str]) -> dict[str, int]:
    from balmis.contexts.supply.stock_book import balances_amiss, ledger_sum

    with psycopg.connect(url_of(name)) as connection:
        stored = {str(row[0]) for row in connection.execute("SELECT request_id FROM clinic_step")}
        doubled = connection.execute(
            "SELECT count(*) FROM (SELECT person_id FROM clinic_dose d WHERE NOT EXISTS (SELECT 1 "
            "FROM clinic_dosecorrection c WHERE c.dose_id = d.id) GROUP BY 1 HAVING count(*) > 1) t"
        ).fetchone()
    assert doubled is not None
    return {
        "acknowledged": len(acknowledged),
        "lost": len(set(acknowledged) - stored),
        "doubled": doubled[0],
        "ledger_sum": int(ledger_sum()),
        "balances_amiss": balances_amiss(),
    }


TABLES = (
    "clinic_step",
    "clinic_dose",
    "supply_stockmove",
    "ledger_message",
    "ledger_delivery",
    "ledger_auditentry",
    "ledger_auditentry",
)


def _doses() -> tuple[float, float]:
    """Doses a second of a desk's whole step, and of a bare transaction with the same rows."""
    ours, peer = [], []
    with database() as prepared:
        load_jeju()
        register_people(0.02)
        receive(RECORDED * 2)
        people = [i for i, _ in _adults(prepared, RECORDED)]
        _take_all(people, ("check_in", "screen", "consent"))
        for _ in range(ROUNDS):
            with database(prepared) as name:
                ours.append(seconds(lambda: _take_all(people, ("dose",))))
                rows = written(name, TABLES, RECORDED)
            with database(prepared) as name:
                peer.append(seconds(lambda: bare(name, rows)))  # noqa: B023
    return RECORDED / statistics.median(ours), RECORDED / statistics.median(peer)


def _take_all(people: list[int], kinds: tuple[str, ...]) -> None:
    for person in people:
        _take(person, kinds)


def _take(person: int, kinds: tuple[str, ...]) -> None:
    from balmis.core.actor import Actor
    from balmis.core.clinic.step_facts import Sent
    from balmis.core.vocabulary.clinic import StepKind
    from balmis.flows.clinic.visit_steps import Desk as Where
    from balmis.flows.clinic.visit_steps import take_step

    now = datetime.now(UTC)
    for n, step in enumerate(_visit(person)):
        if step["kind"] in kinds:
            sent = Sent(
                request_id=UUID(step["request_id"]),
                person=person,
                kind=StepKind(step["kind"]),
                at=now + timedelta(milliseconds=n),
                facts=step["facts"],
            )
            take_step(Where(SLUG, SITE, "bench"), sent, actor=Actor.system("bench"), now=now)
