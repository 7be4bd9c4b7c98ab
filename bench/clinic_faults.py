"""The same day while the server is killed again and again, and the network is away for a while: what
desks do then is what their scripts do, they send what waits again, with the same ids."""

import http.client
import os
import queue
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from bench.clinic import PORT, Desk, _adults, _users, _visit, _wrong
from bench.databases import database, url_of
from bench.doses import receive
from bench.people import load_jeju, register_people

VISITS = int(os.environ.get("BENCH_FAULT_VISITS", "600"))
DESKS = 12
UP = (2.0, 6.0)  # seconds between two kills
CUT = float(os.environ.get("BENCH_CUT_SECONDS", "20"))  # without a network, for half of the desks


class Server:
    """Killed and started again until told to stop."""

    def __init__(self, name: str) -> None:
        self.name, self.kills, self.done = name, 0, threading.Event()
        self.process = self._start()
        self.thread = threading.Thread(target=self._torment)

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "balmis.cli", "web", "--port", str(PORT)],
            env=os.environ | {"DATABASE_URL": url_of(self.name), "BALMIS_LOG": "ERROR"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _torment(self) -> None:
        chance = random.Random(7)
        while not self.done.wait(chance.uniform(*UP) + 3):  # three seconds to start
            self.process.kill()
            self.process.wait()
            self.kills += 1
            self.process = self._start()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        if self.thread.is_alive():
            self.thread.join()
        self.process.terminate()
        self.process.wait(30)


def _patiently(act: Any) -> tuple[Any, int]:
    """Again until it is answered; what came, and how often it was tried in vain."""
    failed = 0
    while True:
        try:
            return act(), failed
        except (OSError, http.client.HTTPException, ValueError):  # URLError is an OSError
            failed += 1
            time.sleep(0.2)


def day() -> Iterator[dict[str, Any]]:
    """Visits with kills and a cut network: nothing lost, nothing doubled."""
    with database() as name:
        load_jeju()
        register_people(0.02)
        receive(VISITS * 2)
        _users(DESKS)
        people = [i for i, _ in _adults(name, VISITS)]
        began = time.perf_counter()
        with Server(name) as server:
            acknowledged, again = _work(people, server)
            kills = server.kills
        lasted = time.perf_counter() - began
        wrong = _wrong(name, acknowledged)
    yield {
        "value": round(len(people) / lasted, 1),
        "unit": "visits/s",
        "visits": len(people),
        "desks": DESKS,
        "kills": kills,
        "sent_again": again,
        "network_cut_s": CUT,
        **wrong,
        "missing": len(people) * 6 - wrong["acknowledged"],
    }


def _work(people: list[int], server: Server) -> tuple[list[str], int]:
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for person in people:
        waiting.put(person)
    acknowledged: list[str] = []
    again: list[int] = []
    cut = time.monotonic() + 10

    def run(n: int) -> None:
        desk, _ = _patiently(lambda: Desk(n))
        while True:
            try:
                person = waiting.get_nowait()
            except queue.Empty:
                return
            for step in _visit(person):
                if n % 2 and cut < time.monotonic() < cut + CUT:
                    time.sleep(cut + CUT - time.monotonic())
                state, failed = _patiently(lambda: desk.send(step))  # noqa: B023
                again.append(failed)
                if state in ("new", "known"):
                    acknowledged.append(step["request_id"])

    threads = [threading.Thread(target=run, args=(n,)) for n in range(DESKS)]
    for thread in threads:
        thread.start()
    server.thread.start()
    for thread in threads:
        thread.join()
    return acknowledged, sum(again)
