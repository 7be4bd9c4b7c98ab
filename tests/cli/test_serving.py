"""The program serves, counts in the background, and leaves cleanly on SIGTERM."""

import json
import logging
import os
import signal
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from functools import partial

import psutil
import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from balmis.cli.serve_parts import Patience
from balmis.config.logs import JsonLines
from balmis.contexts.journal.models import Delivery
from tests import make
from tests.databases import as_owner
from tests.programs import ADDRESSES, answers, free_port, starting, until


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
    assert any(line.get("route") == "health/ready" and "request_id" in line for line in lines)


def children(process):
    """What the program runs now, by its command."""
    found = {}
    for child in psutil.Process(process.pid).children():
        with suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
            if len(words := child.cmdline()) > 3:
                found[words[3]] = child
    return found


def has_another(process, name, before):
    return name in (now := children(process)) and now[name].pid != before[name].pid


def test_a_part_that_is_killed_comes_back_and_the_others_go_on(started):
    make.campaign()
    port = free_port()
    process = started("serve", "--port", port)
    until(lambda: answers(port, "/health/ready"))
    before = children(process)
    for killed, other in (("worker", "web"), ("web", "worker")):
        before[killed].kill()
        until(partial(has_another, process, killed, before))
        assert children(process)[other].pid == before[other].pid
        before = children(process)
    until(lambda: answers(port, "/health/ready"))
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 128 + signal.SIGTERM
    assert not any(p.is_running() for p in before.values())


@pytest.mark.deep
def test_a_database_that_is_killed_comes_back_under_the_pages(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    for folder in (home, *home.parents):
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | 0o011)
    given = {k: v for k, v in os.environ.items() if k not in ADDRESSES}
    port = free_port()
    with starting(given | {"BALMIS_HOME": str(home)}, home) as start:
        process = start("serve", "--port", port)
        until(lambda: answers(port, "/health/ready"), 120)
        postmaster = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
        psutil.Process(postmaster).kill()
        until(lambda: status(port, "/c/none/") == 503)
        until(lambda: answers(port, "/health/ready"), 120)
        until(lambda: status(port, "/c/none/") == 404)
        again = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
        assert again != postmaster
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        until(lambda: not psutil.pid_exists(again))


def status(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def test_the_gate_answers_to_its_own_hosts_alone(started):
    """Its links name the host: a cache in front would keep a stranger's."""
    port = free_port()
    gate = started("gate", "--port", port)
    until(lambda: status(port, "/gate/none") is not None)
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/gate/$bulk-publish", headers={"Host": "evil.example"}
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=10)
    assert refused.value.code == 400 and "evil" not in refused.value.read().decode()
    assert gate.poll() is None


def test_an_older_program_does_not_run_on_a_newer_database(balmis_apart):
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('people', '9999_later', now())"
        )
    done = balmis_apart("campaign", "list", check=False)
    assert done.returncode != 0 and "newer version of Balmis" in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_what_people_may_not_is_logged_without_a_traceback():
    made = logging.LogRecord("django.request", logging.WARNING, "", 1, "Forbidden", (), None)
    try:
        raise PermissionDenied("change_plan")
    except PermissionDenied:
        made.exc_info = sys.exc_info()
    assert "error" not in json.loads(JsonLines().format(made))
    made.levelno = logging.ERROR
    assert "PermissionDenied" in json.loads(JsonLines().format(made))["error"]


def test_a_part_that_fails_waits_longer_and_longer():
    patience, waits = Patience(), []
    for _ in range(9):
        waits.append(patience.failed(0.0))
    assert waits == [0, 1, 2, 4, 8, 16, 30, 30, 30]


def test_web_and_worker_run_apart(started):
    port = free_port()
    web, worker = started("web", "--port", port), started("worker")
    until(lambda: answers(port, "/health/ready"))
    for process in (web, worker):
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
    assert web.wait(30) in (0, 128 + signal.SIGTERM)
    assert worker.wait(30) in (0, 128 + signal.SIGTERM)
