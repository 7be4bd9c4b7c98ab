"""The audit trail is sealed: whatever is done to it afterwards is found."""

import os
import threading
import time
from datetime import timedelta

import pgtrigger
import pytest
from django.db import ProgrammingError, connection, transaction

from balmis.contexts.journal import audit
from balmis.contexts.journal.audit import LinesWanted
from balmis.contexts.journal.grants import append_only_tables, give_rights
from balmis.contexts.journal.models import AuditEntry, AuditMark, AuditSeal
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed
from balmis.flows.access.trail import (
    check_trail,
    newest_head,
    read_trail,
    rights_beyond,
    seal_trail,
)
from tests import make
from tests.databases import as_owner

NOON = make.NOON


def write(n: int, **facts: object) -> None:
    with transaction.atomic():
        audit.record("lot.held", f"lot:{n}", actor=make.SYSTEM, now=NOON, number=n, **facts)


@pytest.fixture
def sealed(committed):
    """Six lines in two seals, and one that is too new."""
    for n in range(4):
        write(n, name="Nguyễn", deep={"b": [1, 2.5], "a": None})
    assert seal_trail(now=NOON) == 0, "nothing is sealed at first sight"
    assert sealing() == 4
    for n in range(4, 6):
        write(n)
    assert sealing() == 2
    write(6)
    return list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True))


def sealing() -> int:
    """Look until something is sealed: what others of the server have begun has to end first."""
    for _ in range(200):
        if lines := seal_trail(now=NOON):
            return lines
        time.sleep(0.1)
    return 0


def tamper(statement: str, *given: object) -> None:
    """As one who owns the database, and so may turn its guards off."""
    with as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, list(given))


def check(*kept: str) -> list[str]:
    return check_trail(list(kept), now=NOON + timedelta(minutes=5))


def test_a_trail_that_nobody_touched_is_well(sealed):
    assert check() == []
    assert [(s.lines, s.last - s.first) for s in AuditSeal.objects.order_by("first")] == [
        (4, 3),
        (2, 1),
    ]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM ledger_auditentry WHERE id = %s", "4 were sealed, 3 are there"),
        ("UPDATE ledger_auditentry SET actor = 'user:1' WHERE id = %s", "not as they were sealed"),
        ("UPDATE ledger_auditentry SET facts = '{}' WHERE id = %s", "not as they were sealed"),
        (
            "UPDATE ledger_auditentry SET at = at + interval '1 ms' WHERE id = %s",
            "not as they were",
        ),
    ],
)
def test_a_line_that_was_changed_or_taken_out_is_found(sealed, statement, words):
    tamper(statement, sealed[1])
    assert any(words in line for line in check())


def test_a_line_that_was_put_in_is_found(sealed):
    tamper("DELETE FROM ledger_auditentry WHERE id = %s", sealed[2])
    tamper(
        "INSERT INTO ledger_auditentry (id, at, actor, action, subject, reason, facts)"
        " VALUES (%s, now(), 'user:1', 'lot.held', 'lot:2', '', '{}')",
        sealed[2],
    )
    assert check()


def test_seals_that_were_taken_out_or_forged_are_found(sealed):
    first = AuditSeal.objects.order_by("first").first()
    tamper("DELETE FROM ledger_auditseal WHERE id = %s", first.pk)
    assert any("seals are missing" in line for line in check())
    assert seal_trail(now=NOON) == 0


def test_an_older_database_is_found_by_a_head_that_was_kept_elsewhere(sealed):
    kept = str(newest_head())
    assert check(kept) == []
    newest = AuditSeal.objects.order_by("first").last()
    tamper("DELETE FROM ledger_auditseal WHERE id = %s", newest.pk)
    tamper("DELETE FROM ledger_auditentry WHERE id >= %s", newest.first)
    assert check() == [], "by itself it looks well"
    assert any("kept elsewhere" in line for line in check(kept))
    with pytest.raises(BadInput, match="no head"):
        check("12")


def test_lines_below_every_seal_and_a_seal_of_another_day_are_found(sealed):
    tamper(
        "INSERT INTO ledger_auditentry (id, at, actor, action, subject, reason, facts)"
        " VALUES (-1, now(), 'user:1', 'lot.held', 'lot:2', '', '{}')"
    )
    assert any("no seal reaches" in line for line in check())
    tamper("DELETE FROM ledger_auditentry WHERE id < 1")
    tamper("UPDATE ledger_auditseal SET at = at - interval '1 day'")
    assert any("not as they were sealed" in line for line in check())


def test_after_a_restore_into_another_server_the_trail_is_sealed_on(sealed):
    """Whose transactions are counted anew."""
    AuditMark.objects.update(newest=str(2**60))
    write(7)
    assert sealing() >= 1
    assert check() == []


def test_a_guard_that_is_off_is_found(sealed):
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_auditentry DISABLE TRIGGER ALL")
    assert any("is off" in line for line in check())


ADDED_TO = append_only_tables()


@transaction.atomic
def do(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def program(committed):
    """The name of the program's role, where the server of the tests has two roles."""
    if not os.environ.get("BALMIS_OWNER_URL"):
        pytest.skip("DATABASE_URL names one role; BALMIS_OWNER_URL would name the owner")
    return str(connection.settings_dict["USER"])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET id = id",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "ALTER TABLE {} ALTER id DROP DEFAULT",
        "DROP TABLE {}",
        "CREATE RULE nothing AS ON INSERT TO {} DO INSTEAD NOTHING",
    ],
)
def test_the_programs_role_may_read_facts_and_add_some_and_no_more(program, sealed, statement):
    assert "ledger_auditentry" in ADDED_TO and len(ADDED_TO) > 20
    for table in ADDED_TO:
        with pytest.raises(ProgrammingError, match="permission denied|must be owner"):
            do(statement.format(table))
    assert check() == [] and rights_beyond() == []


@pytest.mark.parametrize(
    "statement",
    [
        "SET session_replication_role = replica",
        "SET ROLE postgres",
        "CREATE TABLE more (id int)",
        "UPDATE django_migrations SET name = ''",
        "CREATE OR REPLACE FUNCTION pgtrigger_append_only_b3f63() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
    ],
)
def test_the_programs_role_gets_no_other_rights(program, statement):
    with pytest.raises(ProgrammingError, match="permission denied"):
        do(statement)


def test_the_switch_that_the_guards_heed_opens_nothing_to_the_programs_role(program, sealed):
    """The guards let pass whoever sets a variable of the session; rights do not."""
    guards = {t.name: t.get_pgid(m) for m, t in pgtrigger.registered() if m is AuditEntry}
    switch = f"SELECT set_config('pgtrigger.ignore', '{{{guards['append_only']}}}', true)"
    delete = "DELETE FROM ledger_auditentry"
    with pytest.raises(ProgrammingError, match="permission denied"):
        do(switch, delete)
    with as_owner():
        do(switch, delete)
    assert check(), "the owner can, and it is found"


def test_a_role_that_owns_what_it_adds_to_is_told(program):
    with as_owner():
        assert any("owns" in line for line in rights_beyond())
        with connection.cursor() as cursor:
            cursor.execute(f"GRANT UPDATE ON clinic_step TO {program}")
    assert rights_beyond() == ["the program's role may change clinic_step"]
    with as_owner():
        give_rights(program)
    assert rights_beyond() == []


def test_a_transaction_that_is_late_keeps_the_seal_waiting_and_is_in_it(committed):
    """Its line has a low number and comes last: no seal is made around it."""
    began, go, done = threading.Event(), threading.Event(), threading.Event()

    def late() -> None:
        with transaction.atomic():
            audit.record("lot.held", "lot:late", actor=make.SYSTEM, now=NOON)
            began.set()
            go.wait(20)
        connection.close()
        done.set()

    threading.Thread(target=late).start()
    assert began.wait(20)
    write(1)
    for _ in range(3):
        assert seal_trail(now=NOON) == 0
    go.set()
    assert done.wait(20)
    assert sealing() == 2
    assert check() == []


def test_lines_that_nobody_seals_are_told(committed):
    write(1)
    assert any("not sealed" in line for line in check_trail([], now=NOON + timedelta(hours=2)))


def test_the_trail_is_read_by_filters_and_the_reading_is_a_line(sealed):
    wanted = LinesWanted(action="lot.", subject="lot:3")
    (line,) = read_trail(wanted, actor=make.SYSTEM, now=NOON)
    assert line.facts["number"] == 3
    assert AuditEntry.objects.latest("pk").action == "trail.read"
    with pytest.raises(NotAllowed):
        read_trail(wanted, actor=Actor("user:1"), now=NOON)
