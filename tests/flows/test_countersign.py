"""Past a red check: whose word it is, and who hears of it."""

from datetime import timedelta

import pytest

from balmis.contexts.access import services as access
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.places import queries as places
from balmis.contexts.safety.models import Flag
from balmis.core.clinic.step_facts import Sent
from balmis.core.errors import BadInput, Refusal
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import StepKind
from balmis.flows.clinic.rejected_steps import open_at
from balmis.flows.clinic.sign_dose import Countersign, countersign_dose
from balmis.flows.clinic.visit_steps import take_step
from balmis.flows.safety.dose_flags import against_the_check
from tests import make
from tests.flows.test_visits import DESK, NOON, dose_facts, send

PASSWORD = "correct-horse-battery"
AT = NOON + timedelta(minutes=5)


def staff(name: str, role: Role):
    user = access.keep_user(
        name, name=name.title(), password=PASSWORD, grants=[(role, None, places.site("hall"))]
    )
    return access.actor_for(user)


def sign(person, nurse, **changes):
    asked = {
        "person": person.pk,
        "product": "comirnaty",
        "lot": "A1",
        "reason": "the consent is on paper",
        "username": "han",
        "secret": PASSWORD,
    }
    return countersign_dose(make.SLUG, "hall", Countersign(**asked | changes), actor=nurse, now=AT)


def give(person, lot, actor, **override):
    cleared = {"light": "red", "as_of": NOON.isoformat(), "checks": ["not_screened", "no_consent"]}
    said = {"reason": "the consent is on paper", "doctor": "Dr Nobody"} | override
    sent = Sent(
        request_id=make.request(f"dose {person.pk}"),
        person=person.pk,
        kind=StepKind.DOSE,
        at=AT + timedelta(minutes=1),
        facts=dose_facts(lot, override=said, cleared=cleared),
    )
    return take_step(DESK, sent, actor=actor, now=NOON + timedelta(hours=1))


def flags(person):
    return set(Flag.objects.filter(dose__person=person).values_list("reason", flat=True))


def test_a_typed_name_is_nobodys_word_and_the_safety_desk_hears_at_once(hall):
    lot, (person, other, third) = hall
    nurse, doctor = staff("nurse", Role.VACCINATOR), staff("han", Role.DOCTOR)
    for p in (person, other, third):
        send(p, StepKind.CHECK_IN, how="photo_id")
    give(person, lot, nurse)
    assert flags(person) == {"overridden", "unsigned"}
    signature, by = sign(other, nurse)
    assert by == doctor.name
    give(other, lot, nurse, signature=signature)
    assert flags(other) == {"overridden"}
    give(third, lot, nurse, signature=signature, signed_by=doctor.name)  # another's signature
    assert flags(third) == {"overridden", "unsigned"}
    told = against_the_check(make.SLUG, actor=make.SYSTEM, now=NOON + timedelta(hours=2))
    assert {f.dose.person_id for f in told} == {person.pk, third.pk}
    (one,) = (f for f in told if f.dose.person_id == person.pk)
    assert (one.why, one.doctor, one.signed_by, one.given_by) == (
        "the consent is on paper",
        "Dr Nobody",
        "",
        "Nurse",
    )
    assert set(one.checks) == {"not_screened", "no_consent"}
    site = open_at(make.SLUG, "hall", actor=make.SYSTEM, now=NOON + timedelta(hours=2))
    assert {(f.dose.person_id, f.signed_by) for f in site.flagged} == {
        (person.pk, ""),
        (other.pk, "Han"),
        (third.pk, ""),
    }


def test_a_doctor_who_gives_the_dose_stands_for_it(hall):
    lot, (person, *_) = hall
    doctor = staff("han", Role.DOCTOR)
    send(person, StepKind.CHECK_IN, how="photo_id")
    give(person, lot, doctor)
    assert flags(person) == {"overridden"}


@pytest.mark.parametrize(
    "changes",
    [{"secret": "wrong"}, {"username": "nobody"}, {"username": "nurse"}, {"username": "other"}],
)
def test_only_another_person_who_decides_as_a_doctor_signs(hall, changes):
    _, (person, *_) = hall
    nurse, *_ = staff("nurse", Role.VACCINATOR), staff("other", Role.VACCINATOR)
    staff("han", Role.DOCTOR)
    with pytest.raises(BadInput):
        sign(person, nurse, **changes)
    assert AuditEntry.objects.filter(action="dose.sign_failed").count() == 1
    assert not AuditEntry.objects.filter(action="dose.countersigned").exists()


def test_passwords_are_not_guessed_at_the_chair(hall):
    _, (person, *_) = hall
    nurse = staff("nurse", Role.VACCINATOR)
    staff("han", Role.DOCTOR)
    for _ in range(6):
        with pytest.raises(BadInput):
            sign(person, nurse, secret="guess")
    with pytest.raises(Refusal, match="too_many_tries"):
        sign(person, nurse)


def test_whom_the_site_ruled_out_is_listed_with_reason_and_doctor(hall):
    _, (person, other, _) = hall
    send(person, StepKind.CHECK_IN, how="photo_id")
    send(person, StepKind.DOCTOR, 1, outcome="never", text="anaphylaxis", product="comirnaty")
    send(other, StepKind.CHECK_IN, how="photo_id")
    send(other, StepKind.DEFER, 1, reason="feels weak")
    found = open_at(make.SLUG, "hall", actor=make.SYSTEM, now=NOON + timedelta(hours=6))
    assert {(p.pk, s.outcome, s.product, s.reason) for s, p, _ in found.stops} == {
        (person.pk, "never", "comirnaty", "anaphylaxis"),
        (other.pk, "defer", "", "feels weak"),
    }
