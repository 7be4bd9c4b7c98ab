"""The database allows exactly the moves that the tables of states name."""

import re

import pytest
from django.db import connection

from balmis.core import states

TRIGGERS = """
SELECT t.tgrelid::regclass::text, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE t.tgname LIKE '%\\_moves\\_%' AND NOT t.tgisinternal
"""
PAIR = re.compile(r"\('(\w+)', '(\w+)'\)")
TABLES = {
    "session": "booking_session",
    "booking": "booking_booking",
    "standby": "booking_standby",
    "registration": "people_registration",
    "listed change": "people_listedchange",
    "notice": "notices_notice",
    "study": "planning_study",
    "case": "safety_case",
    "incident": "safety_incident",
    "signal": "safety_signal",
    "hold": "safety_holdorder",
    "appeal": "safety_holdappeal",
    "contact": "safety_contact",
}


@pytest.mark.invariants
def test_the_database_allows_exactly_the_moves_of_the_tables(committed):
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        found = {table: set(PAIR.findall(source)) for table, source in cursor.fetchall()}
    wanted = {
        TABLES[name]: {(b.value, a.value) for b, ends in moves.items() for a in ends}
        for name, (moves, _) in states.ALL.items()
    }
    assert found == wanted
