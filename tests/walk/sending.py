"""How a step is tried: taken back whatever it wrote, or twice at the same moment."""

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from tests.walk.steps import Body, Step, same_browser

# what a page may write when it answers with no: who looked, who tried, what the browser keeps
ANYWAY = {
    "access_allowance",
    "access_signin",
    "access_user",
    "django_session",
    "ledger_auditentry",
    "people_code",
    "people_registration",
}
WRITTEN = """
SELECT relname FROM pg_stat_xact_user_tables
WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND relname <> ALL(%s)
"""
BLOCKED = """
SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
PATIENCE = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a request. `wrote`: tables in which it left rows though it said no."""

    status: int
    text: str
    fault: str
    wrote: tuple[str, ...] = ()

    @property
    def in_words(self) -> bool:
        return self.status < 500 and not self.fault and bool(self.text.strip())


def told(answer: Any, wrote: tuple[str, ...] = (), late: str = "") -> Told:
    raised = getattr(answer, "exc_info", None)
    fault = late or (f"{type(raised[1]).__name__}: {raised[1]}" if raised else "")
    if answer.status_code < 500:  # Django tells every client of what another one met
        fault = late
    text = answer.content.decode(errors="replace") if not answer.streaming else "…"
    if '"reason": "failed"' in text:  # a step of a device that the server could not store
        fault = fault or "a step failed"
    return Told(answer.status_code, text or answer.headers.get("Location", ""), fault, wrote)


@contextmanager
def _taken_back() -> Iterator[None]:
    """As Django's own test cases do it, so that flows find themselves outermost."""
    whole: Any = transaction.atomic()
    whole._from_testcase = True
    whole.__enter__()
    try:
        yield
    finally:
        transaction.set_rollback(True)
        whole.__exit__(None, None, None)


def tried(step: Step, changes: Body | None = None, *, whole: Body | None = None) -> Told:
    """The answer to the changed request; the database is as it was, afterwards."""
    cookies = copy.deepcopy(step.client.cookies)
    kept = step.body
    if whole is not None:
        step.body = whole
    try:
        with _taken_back():
            before = _snapshot()
            answer = step.send(changes)
            late, wrote = _settle(before if answer.status_code >= 400 else None)
            return told(answer, wrote, late)
    finally:
        step.body, step.client.cookies = kept, cookies


def _snapshot() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def _settle(before: int | None) -> tuple[str, tuple[str, ...]]:
    """What the end of the transaction would have said, and the tables with rows of a refused request."""
    if connection.needs_rollback:
        return "", ()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            return "", _left(cursor, before) if before is not None else ()
    except Exception as error:
        return f"at the end: {type(error).__name__}: {error}", ()


def _left(cursor: Any, before: int) -> tuple[str, ...]:
    cursor.execute(WRITTEN, [list(ANYWAY)])
    found = []
    for (table,) in cursor.fetchall():
        cursor.execute(f"SELECT FROM {table} WHERE xmin::text::bigint >= %s LIMIT 1", [before])
        if cursor.fetchone() is not None:
            found.append(table)
    return tuple(found)


def at_once(first: Callable[[], Any], second: Callable[[], Any], table: str) -> list[Any]:
    """Both, really: the first has written to the table and not yet committed when the second looks."""
    reached, go = threading.Event(), threading.Event()  # go: the first goes on, or never stopped
    became: list[Any] = [None, None]

    def one() -> None:
        try:
            _pause_before_commit(table, reached, go)
            became[0] = first()
        finally:
            if not reached.is_set():
                go.set()
                reached.set()
            del connection.commit
            connection.close()

    def two() -> None:
        try:
            became[1] = second()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for run in (one, two)]
    threads[0].start()
    assert reached.wait(PATIENCE)
    if go.is_set():
        became[1] = f"nothing was written to {table}"
        threads[0].join()
        return became
    threads[1].start()
    _until_blocked(threads[1])
    go.set()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    return became


def _pause_before_commit(table: str, reached: threading.Event, go: threading.Event) -> None:
    commit = connection.commit

    def paused() -> None:
        with connection.cursor() as cursor:
            cursor.execute(WRITTEN + " AND relname = %s", [[], table])
            wrote = cursor.fetchone() is not None
        if wrote and not reached.is_set():
            reached.set()
            assert go.wait(PATIENCE)
        commit()

    connection.commit = paused  # type: ignore[method-assign]


def _until_blocked(thread: threading.Thread) -> None:
    """It has answered, or waits for the first."""
    for _ in range(int(PATIENCE * 50)):
        thread.join(0.02)
        if not thread.is_alive():
            return
        with connection.cursor() as cursor:
            cursor.execute(BLOCKED)
            if cursor.fetchone() is not None:
                return


def raced(step: Step, changes: Body, table: str) -> list[Told]:
    """The step and its changed double, from two browsers or tabs."""
    tabs = [same_browser(step.client), same_browser(step.other or step.client)]
    answers = at_once(
        lambda: step.send(client=tabs[0]), lambda: step.send(changes, client=tabs[1]), table
    )
    step.client.cookies = tabs[0].cookies
    return [_became(a) for a in answers]


def _became(answer: Any) -> Told:
    if answer is None or isinstance(answer, str):
        return Told(0, "", answer or "no answer")
    return told(answer)
