"""The program serves, counts in the background, and leaves cleanly on SIGTERM."""

import json
import signal

from balmis.contexts.journal.models import Delivery
from tests import make
from tests.programs import answers, free_port, until


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
