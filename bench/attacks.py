"""Attacks on a program as it runs: files under load, a real proxy, parts that are killed, a full disk.

What matters is not a ratio but that the others are served, that the owner gets in, that nothing that
was acknowledged is lost; times are printed beside it.
"""

import asyncio
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import psycopg

from bench.databases import database, url_of
from bench.people import SLUG, load_jeju, register_people

PORT, PROXY = 8397, 8396
PASSWORD = "only-for-benchmarks"
UNIT = f"/unit/{SLUG}/bench/roster/"
A_SECOND = 50
SIGN_INS = float(os.environ.get("BENCH_ATTACK_SECONDS", "60"))


def _users(*names: str) -> None:
    from balmis.contexts.access import services as access
    from balmis.core.vocabulary.access import FactorRule, Role

    for name in names:
        access.keep_user(
            name,
            name=name,
            password=PASSWORD,
            grants=[(Role.PLANNER, None, None), (Role.REGISTRAR, None, None)],
            second_factor=FactorRule.NEVER,
        )


def _unit() -> None:
    from balmis.core.actor import Actor
    from balmis.flows.units.rosters import KeepUnit, keep_unit

    area = "KR-49"
    wanted = KeepUnit(
        campaign=SLUG,
        code="bench",
        title="Bench",
        category="",
        area=area,
        quota=None,
        coordinator=None,
    )
    keep_unit(wanted, actor=Actor.system("bench"), now=datetime.now(UTC))


@contextmanager
def _running(*command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "balmis.cli", *command],
        env=os.environ | {"BALMIS_LOG": "ERROR"} | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(40)
        if process.poll() is None:
            process.kill()


def _until(is_so: Callable[[], bool], seconds: float = 120) -> float:
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > seconds:
            raise TimeoutError
        time.sleep(0.05)
    return time.monotonic() - began


def _ready(port: int, path: str = "/health/ready") -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=5).status_code == 200
    return False


def _token(client: httpx.Client, page: str = "/sign-in/?whole=1") -> str:
    return client.get(page).text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]


def _sign_in(client: httpx.Client, name: str, password: str = PASSWORD) -> httpx.Response:
    fields = {"csrfmiddlewaretoken": _token(client), "username": name, "password": password}
    return client.post("/sign-in/", data=fields)


def _part(times: list[float], share: float) -> float:
    return round(sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000)


# ---- files ------------------------------------------------------------------------------------


def files() -> Iterator[dict[str, Any]]:
    """Each bomb is refused while fifty other requests a second are served."""
    from tests.uploads.bombs import bombs

    with database() as name:
        load_jeju()
        register_people(0.002)
        _users("planner")
        _unit()
        url = f"http://127.0.0.1:{PORT}"
        with _running("web", "--port", str(PORT), DATABASE_URL=url_of(name)):
            _until(lambda: _ready(PORT))
            with httpx.Client(base_url=url, timeout=60) as client:
                _sign_in(client, "planner")
                token = _token(client, f"/unit/{SLUG}/bench/")
                took: dict[str, float] = {}
                made = bombs()
                calm = asyncio.run(_served(url, lambda: time.sleep(10)))

                def send() -> None:
                    for kind, (data, words) in itertools.chain(made.items(), made.items()):
                        began = time.perf_counter()
                        sent = {"csrfmiddlewaretoken": token, "dry_run": "1"}
                        answer = client.post(UNIT, data=sent, files={"file": ("a.xlsx", data)})
                        assert answer.status_code in (400, 413), (kind, answer.status_code, words)
                        took[kind] = max(took.get(kind, 0), time.perf_counter() - began)

                under = asyncio.run(_served(url, send))
    yield {
        "value": round(max(took.values()), 2),
        "unit": "s to refuse the slowest",
        "bombs": len(took),
        "requests": len(under),
        "p50_ms": _part(under, 0.5),
        "p99_ms": _part(under, 0.99),
        "worst_ms": _part(under, 1),
        "p99_ms_without": _part(calm, 0.99),
    }


async def _served(url: str, meanwhile: Callable[[], None]) -> list[float]:
    """How long each of fifty requests a second waits, while something else is done."""
    times: list[float] = []
    done = asyncio.create_task(asyncio.to_thread(meanwhile))
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as client:

        async def ask(path: str) -> None:
            began = time.perf_counter()
            answer = await client.get(path)
            assert answer.status_code == 200, answer.status_code
            times.append(time.perf_counter() - began)

        asked, paths = [], itertools.cycle(["/health/live", f"/c/{SLUG}/book/", "/sign-in/"])
        while not done.done():
            asked.append(asyncio.create_task(ask(next(paths))))
            await asyncio.sleep(1 / A_SECOND)
        await asyncio.gather(*asked)
    await done
    return times


# ---- a proxy ----------------------------------------------------------------------------------

HAPROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:{front}
  option forwardfor
  default_backend back
backend back
  server one 127.0.0.1:{back}
"""


@contextmanager
def _haproxy() -> Iterator[None]:
    program = shutil.which("haproxy") or "/usr/sbin/haproxy"
    if not Path(program).exists():
        raise SystemExit("apt-get install haproxy")
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "haproxy.cfg"
        config.write_text(HAPROXY.format(front=PROXY, back=PORT))
        process = subprocess.Popen([program, "-f", str(config)], stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            process.terminate()
            process.wait(10)


def _from(address: str) -> httpx.Client:
    """A client that comes to the proxy from this address of the loopback."""
    transport = httpx.HTTPTransport(local_address=address)
    return httpx.Client(base_url=f"http://127.0.0.1:{PROXY}", transport=transport, timeout=60)


def proxy() -> Iterator[dict[str, Any]]:
    """Guessers and senders of codes behind a real proxy; the owner signs in all the while."""
    with database() as name:
        load_jeju()
        register_people(0.002)
        _users("planner", "other")
        _lower_ceiling(300)
        served = _running("web", "--port", str(PORT), DATABASE_URL=url_of(name), BALMIS_PROXIES="1")
        with served, _haproxy():
            _until(lambda: _ready(PORT))
            owner, fresh = _from("127.0.2.1"), "127.0.2.2"
            _sign_in(owner, "planner")
            stop, guesses = threading.Event(), Counter[int]()
            guessers = [
                threading.Thread(target=_guess, args=(f"127.0.1.{n}", stop, guesses))
                for n in range(1, 13)
            ]
            for thread in guessers:
                thread.start()
            came, waits = Counter[str](), []
            end = time.monotonic() + SIGN_INS
            while time.monotonic() < end:
                began = time.perf_counter()
                came[f"owner {_sign_in(owner, 'planner').status_code}"] += 1
                with _from(fresh) as new:
                    came[f"other {_sign_in(new, 'other').status_code}"] += 1
                waits.append(time.perf_counter() - began)
                time.sleep(2)
            stop.set()
            for thread in guessers:
                thread.join()
            codes = _flood()
            with psycopg.connect(url_of(name)) as connection:
                row = connection.execute(
                    "SELECT count(*) FROM notices_notice WHERE purpose = 'code' AND medium = 'sms'"
                ).fetchone()
    yield {
        "value": came["owner 302"],
        "unit": "sign-ins of the owner",
        "refused_to_owner": sum(n for k, n in came.items() if not k.endswith("302")),
        "by": dict(came),
        "both_took_s_at_most": round(max(waits), 2),
        "guesses": sum(guesses.values()),
        "guesses_by_answer": {str(k): v for k, v in sorted(guesses.items())},
        "codes_asked": sum(codes.values()),
        "codes_by_answer": {str(k): v for k, v in sorted(codes.items())},
        "codes_sent_by_text": row[0] if row else -1,
        "ceiling": 300,
    }


def _guess(address: str, stop: threading.Event, answers: Counter[int]) -> None:
    with _from(address) as client:
        while not stop.is_set():
            with suppress(httpx.HTTPError):
                name = random.choice(["planner", "planner", "other", "nobody"])
                answers[_sign_in(client, name, uuid4().hex).status_code] += 1


def _flood() -> Counter[int]:
    """Six hundred people who are not there register, each with another phone, from sixty addresses."""
    answers = Counter[int]()
    areas = _areas()
    for n in range(600):
        with _from(f"127.0.3.{n % 60 + 1}") as client, suppress(httpx.HTTPError):
            page = f"/c/{SLUG}/book/register/"
            fields = {
                "csrfmiddlewaretoken": _token(client, page),
                "name": f"Nobody {n}",
                "day": "5",
                "month": "5",
                "year": "1950",
                "sex": "F",
                "area": areas[0],
                "address": f"010-{2000 + n % 7000:04}-{n * 7 % 10000:04}",
            }
            answers[client.post(page, data=fields).status_code] += 1
    return answers


def _areas() -> list[str]:
    from balmis.contexts.places import queries as places

    below = places.areas_below("KR-49")
    parents = {a.parent_id for a in below}
    return [a.code for a in below if a.id not in parents]


def _lower_ceiling(a_day: int) -> None:
    """The campaign lets no more than this be sent in a day."""
    from balmis.contexts.campaigns.plan.checks import check
    from balmis.core.actor import Actor
    from balmis.flows.campaigns.load_campaign import load_campaign
    from bench.people import PRESET

    text = PRESET.read_text(encoding="utf-8")
    lower = text.replace("policy: {", f"policy: {{identity: {{messages_a_day: {a_day}}}, ", 1)
    load_campaign(check(lower), actor=Actor.system("bench"), now=datetime.now(UTC))


# ---- what breaks ------------------------------------------------------------------------------


def breaks() -> Iterator[dict[str, Any]]:
    """Worker, pages, gate and database killed, and the disk filled, while doses are recorded."""
    with _small_disk() as folder:
        home = folder / "home"
        environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        environment |= {"BALMIS_HOME": str(home), "BALMIS_LOG": "ERROR"}
        folder.chmod(0o755)
        _fill(environment)
        command = [sys.executable, "-m", "balmis.cli", "serve", "--port", str(PORT)]
        with (folder.parent / "serve.log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _until(lambda: _ready(PORT))
            found = _torment(process, home, folder)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        yield found


@contextmanager
def _small_disk() -> Iterator[Path]:
    """A file system of its own, which can be filled without harm."""
    with tempfile.TemporaryDirectory(prefix="balmis-disk-") as name:
        disk = Path(name) / "disk"
        disk.mkdir()
        disk.parent.chmod(0o755)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1400m", "tmpfs", str(disk)], check=True)
        try:
            yield disk
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=True)


FILL = """
from bench.people import load_jeju, register_people
from bench.attacks import _users
load_jeju(); register_people(0.002); _users("planner")
"""


def _fill(environment: dict[str, str]) -> None:
    start = "from balmis.cli.runtime import open_database; open_database()"
    subprocess.run([sys.executable, "-c", f"{start}\n{FILL}"], env=environment, check=True)


class Doses:
    """Doses recorded one after the other; what was acknowledged, and when nothing was."""

    def __init__(self, people: list[int]) -> None:
        self.people, self.acknowledged = people, list[str]()
        self.stop, self.answers = threading.Event(), Counter[str]()
        self.last = time.monotonic()
        self.threads = [threading.Thread(target=self._work, args=(n,)) for n in range(4)]

    def _work(self, n: int) -> None:
        client = httpx.Client(base_url=f"http://127.0.0.1:{PORT}", timeout=20)
        at = itertools.cycle(self.people[n::4])
        csrf = ""
        while not self.stop.is_set():
            try:
                if not csrf:
                    _sign_in(client, "planner")
                    csrf = client.cookies["csrftoken"]
                request_id = str(uuid4())
                body = {
                    "request_id": request_id,
                    "campaign": SLUG,
                    "person_id": next(at),
                    "product": "comirnaty",
                    "kind": "primary_1",
                    "given_at": datetime.now(UTC).isoformat(),
                }
                answer = client.post("/api/v1/doses", json=body, headers={"X-CSRFToken": csrf})
                self.answers[str(answer.status_code)] += 1
                if answer.status_code == 201:
                    self.acknowledged.append(request_id)
                    self.last = time.monotonic()
                elif answer.status_code in (401, 403):
                    csrf = ""
                else:
                    time.sleep(0.1)
            except (httpx.HTTPError, KeyError, IndexError):
                self.answers["no answer"] += 1
                client.close()
                client, csrf = httpx.Client(base_url=f"http://127.0.0.1:{PORT}", timeout=20), ""
                time.sleep(0.1)

    def again(self, after: float) -> float:
        """How long until one is acknowledged that was sent after this moment."""
        return _until(lambda: self.last > after + 0.2)


def _torment(process: subprocess.Popen[bytes], home: Path, folder: Path) -> dict[str, Any]:
    url = _url(home)
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT id FROM people_person WHERE born < '1990-01-01' ORDER BY id LIMIT 400"
        ).fetchall()
    doses = Doses([r[0] for r in rows])
    for thread in doses.threads:
        thread.start()
    time.sleep(5)
    back: dict[str, list[float]] = {}
    for name in ("worker", "web", "postmaster") * 2:
        back.setdefault(name, []).append(_kill(process, home, name, doses))
        time.sleep(4)
    back["full disk, from room again"] = [_fill_disk(doses, folder)]
    doses.stop.set()
    for thread in doses.threads:
        thread.join()
    _until(lambda: _ready(PORT))
    with psycopg.connect(_url(home)) as connection:
        kept = connection.execute("SELECT request_id::text FROM clinic_dose").fetchall()
    ids = Counter(r[0] for r in kept)
    lost = [r for r in doses.acknowledged if r not in ids]
    return {
        "value": len(lost),
        "unit": "acknowledged doses lost",
        "acknowledged": len(doses.acknowledged),
        "doubled": sum(n - 1 for n in ids.values()),
        "seconds_until_back": back,
        "answers": dict(doses.answers),
    }


def _kill(process: subprocess.Popen[bytes], home: Path, name: str, doses: Doses) -> float:
    """How long until the part is there again, or a dose is acknowledged again."""
    victim = _victim(process, home, name)
    began = time.monotonic()
    victim.kill()
    if name == "worker":
        _until(lambda: getattr(_victim(process, home, "worker"), "pid", victim.pid) != victim.pid)
    else:
        doses.again(began)
    return round(time.monotonic() - began, 2)


def _victim(process: subprocess.Popen[bytes], home: Path, name: str) -> Any:
    if name == "postmaster":
        return psutil.Process(int((home / "postgres" / "postmaster.pid").read_text().split()[0]))
    for child in psutil.Process(process.pid).children():
        with suppress(psutil.Error):
            if name in child.cmdline():
                return child
    return None


def _fill_disk(doses: Doses, folder: Path) -> float:
    """Until nothing is acknowledged any more; then room again, and how long until something is."""
    heap = folder / "heap"
    with heap.open("wb") as file, suppress(OSError):
        while True:
            file.write(bytes(4_194_304))
            file.flush()
    _until(lambda: time.monotonic() - doses.last > 5)
    heap.unlink()
    began = time.monotonic()
    doses.again(began)
    return round(time.monotonic() - began, 2)


def _url(home: Path) -> str:
    code = "from balmis.config import embedded; print(embedded.url())"
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | {"BALMIS_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
