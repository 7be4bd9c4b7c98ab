"""Everybody who is put off or ruled out has a list, at the desk of where they live."""

from datetime import timedelta

from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.places import queries as places
from balmis.core.actor import Actor
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import Outcome, StepKind
from balmis.flows.clinic.deferral_list import list_put_off
from tests import make
from tests.flows.test_visits import NOON, send


def of_area(code, role=Role.REGISTRAR):
    area = next(a for a in places.areas_below("IS") if a.code == code)
    return Actor(name="user:7", grants=frozenset({(role.value, area.path)}))


def test_who_is_ruled_out_or_put_off_stands_there_until_a_doctor_or_the_day_lifts_it(hall):
    _, (ruled, put_off, _) = hall
    until = (make.TODAY + timedelta(days=5)).isoformat()
    for person in (ruled, put_off):
        send(person, StepKind.CHECK_IN, how="photo_id")
    send(ruled, StepKind.DOCTOR, 1, outcome="never", text="anaphylaxis", product="comirnaty")
    send(put_off, StepKind.DOCTOR, 2, outcome="defer", text="fever", until=until)
    north, later = of_area("IS-N"), NOON + timedelta(hours=1)
    found = list_put_off(make.SLUG, actor=north, now=later)
    assert [(f.person, f.said.outcome, f.said.reason) for f in found] == [
        (put_off, Outcome.DEFER, "fever"),
        (ruled, Outcome.NEVER, "anaphylaxis"),
    ]
    entry = AuditEntry.objects.get(action="people.put_off_read")
    assert entry.facts["people"] == sorted([ruled.pk, put_off.pk])
    assert list_put_off(make.SLUG, actor=of_area("IS-S"), now=later) == []
    assert list_put_off(make.SLUG, actor=of_area("IS-N", Role.FINANCE_CLERK), now=later) == []
    assert [
        f.person for f in list_put_off(make.SLUG, actor=north, now=NOON + timedelta(days=6))
    ] == [ruled]
    send(ruled, StepKind.DOCTOR, 9, outcome="proceed", text="it was a faint", product="comirnaty")
    assert list_put_off(make.SLUG, actor=north, now=NOON + timedelta(days=6)) == []
