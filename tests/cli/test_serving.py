"""The program serves, counts in the background, and leaves cleanly on SIGTERM."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from balmis.contexts.ledger.models import Delivery
from tests import make


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(told, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not told():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


def answers(port: int, path: str) -> str | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            return str(response.read().decode())
    except OSError:
        return None


@pytest.fixture
def started(environment, tmp_path):
    processes = []

    def start(*arguments: object) -> subprocess.Popen[bytes]:
        log = (tmp_path / f"log-{len(processes)}").open("wb")
        command = [sys.executable, "-m", "balmis.cli", *map(str, arguments)]
        process = subprocess.Popen(command, env=environment, stderr=log, stdout=log)
        log.close()
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_serve_answers_works_in_the_background_and_stops(started, tmp_path):
    make.campaign()
    make.dose(make.person(), None, site=None)
    assert Delivery.objects.count() > 0
    port = free_port()

    process = started("serve", "--port", port)

    until(lambda: answers(port, "/health/ready"))
    assert "Island campaign" in (answers(port, f"/c/{make.SLUG}/") or "")
    until(lambda: Delivery.objects.count() == 0)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 128 + signal.SIGTERM
    until(lambda: answers(port, "/health/live") is None, 5)
    log = (tmp_path / "log-0").read_text()
    assert "Traceback" not in log, log
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert any(line.get("path") == "/health/ready" and "request_id" in line for line in lines)


def test_web_and_worker_run_apart(started):
    port = free_port()
    web, worker = started("web", "--port", port), started("worker")
    until(lambda: answers(port, "/health/ready"))
    for process in (web, worker):
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
    assert web.wait(30) in (0, 128 + signal.SIGTERM)
    assert worker.wait(30) in (0, 128 + signal.SIGTERM)
