"""What desks send and take along, over HTTP."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from balmis.contexts.clinic.models import Conflict, Dose, RejectedStep, Step
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.places.models import Site
from balmis.contexts.safety.models import Flag
from balmis.contexts.supply.models import Vial
from balmis.core.vocabulary.access import Role
from tests import make
from tests.flows.test_visits import CONSENT, answers, dose_facts
from tests.pages import markup
from tests.web.conftest import user

API = f"/api/v1/clinic/{make.SLUG}/hall/"


@pytest.fixture
def hall(committed):
    make.campaign()
    lot = make.lot(doses=60)
    people = [make.person(n) for n in range(1, 5)]
    make.enrol()
    return lot, people


def step(person, kind, seconds=0, **facts):
    at = datetime.now(UTC) - timedelta(minutes=5) + timedelta(seconds=seconds)
    return {
        "request_id": str(uuid4()),
        "person": person.pk,
        "kind": kind,
        "at": at.isoformat(),
        "facts": facts,
    }


def send(client, *steps):
    return client.post(
        f"{API}steps", {"device": "tablet", "steps": list(steps)}, content_type="application/json"
    ).json()


def visit_of(person, lot):
    return [
        step(person, "check_in", 0, how="photo_id"),
        step(person, "screen", 1, **answers()),
        step(person, "consent", 2, **CONSENT),
        step(person, "dose", 3, **dose_facts(lot)),
    ]


def test_a_desk_sends_its_steps_and_takes_the_day_along(hall):
    lot, people = hall
    client = user(Role.VACCINATOR, site="hall")
    steps = visit_of(people[0], lot)
    assert [a["state"] for a in send(client, *steps)] == ["new"] * 4
    assert [a["state"] for a in send(client, *steps)] == ["known"] * 4
    day = client.get(f"{API}day").json()
    (seen,) = day["people"]
    assert (seen["id"], seen["visit"]["status"], seen["dose_today"]) == (
        people[0].pk,
        "vaccinated",
        True,
    )
    assert day["lots"][0]["doses"] == 59 and day["questionnaires"][0]["code"] == "covid19-adults"
    assert AuditEntry.objects.filter(action="clinic.day_taken").count() == 1
    since = day["as_of"].replace("+", "%2B")
    assert [p["id"] for p in client.get(f"{API}changes?since={since}").json()["people"]] == [
        people[0].pk
    ]
    found = client.get(f"{API}people?q=Resident 2").json()
    assert [p["id"] for p in found] == [people[1].pk] and found[0]["visit"] is None


def test_a_step_that_is_refused_stops_those_of_the_same_person_alone(hall):
    _, people = hall
    client = user(Role.VACCINATOR, site="hall")
    bad = step(people[0], "seat", minutes=5000)
    told = send(
        client, bad, step(people[0], "discharge", 1), step(people[1], "check_in", how="code")
    )
    assert [a["state"] for a in told] == ["refused", "waits", "new"]
    assert "minutes" in told[0]["detail"] and Step.objects.count() == 1


def test_two_tablets_are_told_of_their_conflict_and_someone_settles_it(hall):
    lot, people = hall
    one = user(Role.VACCINATOR, site="hall")
    other = user(Role.DOCTOR, site="hall")
    send(one, *visit_of(people[0], lot))
    assert send(other, step(people[0], "dose", 9, **dose_facts(lot)))[0]["state"] == "conflict"
    day = one.get(f"{API}day").json()
    assert day["people"][0]["visit"]["conflict"]
    found = Conflict.objects.get()
    answer = one.post(
        f"/api/v1/clinic/conflicts/{found.pk}",
        {"end": "same_dose", "reason": "one needle"},
        content_type="application/json",
    )
    assert answer.json() == {"end": "same_dose"} and Dose.objects.count() == 1


def test_only_the_site_s_own_people_work_its_desk(hall):
    lot, people = hall
    stranger = user(Role.VACCINATOR, site="clinic")
    assert stranger.get(f"{API}day").status_code == 403
    assert send(stranger, *visit_of(people[0], lot))[0]["reason"] == "not_allowed"
    doctor = step(people[0], "doctor", outcome="proceed", text="may have it")
    nurse = user(Role.REGISTRAR, area="IS-N")
    assert send(nurse, doctor)[0]["reason"] == "not_allowed"
    assert not Step.objects.exists()


def test_the_check_before_the_needle_says_why_not(hall):
    lot, people = hall
    client = user(Role.VACCINATOR, site="hall")
    asked = {"person": people[0].pk, "product": "comirnaty", "lot": lot.number}
    found = client.get(f"{API}clear", asked).json()
    assert found == {"light": "red", "checks": ["not_screened", "no_consent"]}


def test_the_day_costs_the_same_queries_for_one_and_for_many(hall):
    lot, people = hall
    client = user(Role.VACCINATOR, site="hall")
    from balmis.flows.eligibility.run import RunEligibility, run_eligibility

    counts = []
    for person in people[:3]:
        send(client, *visit_of(person, lot))
        run_eligibility(
            RunEligibility(campaign=make.SLUG, on=datetime.now(ZoneInfo("Asia/Seoul")).date()),
            actor=make.SYSTEM,
            clock=lambda: datetime.now(UTC),
        )
        with CaptureQueriesContext(connection) as seen:
            client.get(f"{API}day")
        counts.append(len(seen))
    assert len(set(counts)) == 1, counts


def test_what_one_did_another_sends_only_who_leads_the_site(hall):
    lot, people = hall
    nurse = user(Role.VACCINATOR, site="hall")
    me = nurse.get(f"{API}token").json()
    other = user(Role.REGISTRAR, site="hall")
    steps = [s | {"by": me["user"]} for s in visit_of(people[0], lot)]
    assert send(other, *steps)[0]["reason"] == "not_allowed" and not Step.objects.exists()
    manager = user(Role.SITE_MANAGER, site="hall")
    leads = manager.get(f"{API}token").json()
    assert (me["sends_for_others"], leads["sends_for_others"]) == (False, True)
    assert [a["state"] for a in send(manager, *steps)] == ["new"] * 4
    assert {s.actor for s in Step.objects.all()} == {me["user"]} == {Dose.objects.get().actor}
    told = AuditEntry.objects.get(action="visit.dose")
    assert (told.actor, told.reason) == (me["user"], f"sent by {leads['user']}")
    forged = step(people[1], "doctor", outcome="proceed", text="fine") | {"by": me["user"]}
    assert send(manager, forged)[0]["reason"] == "not_allowed"  # the nurse is no doctor
    nobody = step(people[1], "check_in", how="code") | {"by": "user:999"}
    assert send(manager, nobody)[0]["state"] == "refused"


def test_a_refused_step_is_handed_over_and_looked_at(hall):
    lot, people = hall
    nurse, manager = user(Role.VACCINATOR, site="hall"), user(Role.SITE_MANAGER, site="hall")
    send(nurse, *visit_of(people[0], lot))
    send(nurse, step(people[0], "dose", 9, **dose_facts(lot)))
    bad = step(people[1], "seat", minutes=5000)
    told = {"device": "tablet", "step": bad, "problem": "minutes: too many"}
    for _ in range(2):
        answer = nurse.post(f"{API}set-aside", told, content_type="application/json")
        assert answer.json() == {"kept": True}
    page = f"/clinic/{make.SLUG}/hall/review/"
    shown = markup(manager.get(page))
    assert "minutes: too many" in shown and people[0].name in shown
    assert AuditEntry.objects.filter(action="clinic.review_read").count() == 1
    row, conflict = RejectedStep.objects.get(), Conflict.objects.get()
    assert row.sent["facts"] == {"minutes": 5000}
    short = manager.post(f"{page}resolve/", {"step": row.pk, "note": "x"})
    shown = markup(short)
    assert short.status_code == 400 and 'name="note" value="x"' in shown
    told = f'<a href="#resolve-{row.pk}-note">What was done about it? Say what was done'
    assert told in shown and f'id="resolve-{row.pk}-note_error"' in shown
    assert manager.post(f"{page}resolve/", {"step": row.pk, "note": " "}).status_code == 400
    assert manager.post(f"{page}resolve/", {"step": "x", "note": "by hand"}).status_code == 400
    manager.post(f"{page}resolve/", {"step": row.pk, "note": "seated again by hand"})
    assert manager.post(f"{page}resolve/", {"step": row.pk, "note": "again"}).status_code == 409
    wrong = {"conflict": conflict.pk, "end": "withdrawn", "reason": "by hand"}
    page_again = manager.post(f"{page}settle/", wrong)
    assert page_again.status_code == 400 and 'name="reason" value="by hand"' in markup(page_again)
    assert "Say whether it was the same dose or two doses." in markup(page_again)
    manager.post(f"{page}settle/", wrong | {"end": "two_doses"})
    assert Dose.objects.filter(correction__isnull=True).count() == 2
    assert "Steps that were refused" not in markup(manager.get(page))
    assert user(Role.SITE_MANAGER, site="clinic").get(page).status_code == 403


def test_a_vial_s_doses_are_offered_over_http_and_a_refusal_says_why(hall):
    lot, _ = hall
    client = user(Role.VACCINATOR, site="hall")
    sent = {"request_id": str(uuid4()), "vial": str(uuid4()), "doses": 2}
    told = client.post(f"{API}leftover", sent, content_type="application/json")
    assert told.status_code == 422 and Vial.objects.count() == 0
    vial = Vial.objects.create(
        id=uuid4(),
        lot=lot,
        site=Site.objects.get(code="hall"),
        doses=6,
        opened_at=datetime.now(UTC),
        recorded_at=datetime.now(UTC),
    )
    told = client.post(
        f"{API}leftover", sent | {"vial": str(vial.pk)}, content_type="application/json"
    )
    assert told.status_code == 400 and "No session of today" in told.json()["detail"]
    for doses in (0, -1, 1000, "x"):
        bad = client.post(
            f"{API}leftover", sent | {"doses": doses}, content_type="application/json"
        )
        assert bad.status_code in (400, 422)


def test_the_screen_of_the_waiting_room_and_the_questions_to_print(hall):
    _, people = hall
    client = user(Role.VACCINATOR, site="hall")
    send(client, step(people[0], "check_in", how="known"), step(people[0], "call", 1, room="2"))
    told = client.get(f"{API}calls").json()
    assert [(c["number"], c["room"]) for c in told["calls"]] == [(1, "2")] and told["waiting"] == 1
    page = markup(client.get(f"/clinic/{make.SLUG}/hall/display/"))
    assert "Whose turn is it?" in page and people[0].name not in page
    asked = client.get(f"/clinic/{make.SLUG}/hall/paper/questions/?language=ko&product=comirnaty")
    assert "접종 전 예진표" in markup(asked) and "fever" in markup(asked)
    assert "심근염" in markup(asked) and "모세혈관" not in markup(asked)
    other = user(Role.VACCINATOR, site="clinic")
    for address in ("display/", "paper/questions/"):
        assert other.get(f"/clinic/{make.SLUG}/hall/{address}").status_code == 403
    assert other.get(f"{API}calls").status_code == 403


def test_a_dose_that_broke_a_rule_is_looked_at_and_said_what_was_found(hall):
    lot, people = hall
    nurse, manager = user(Role.VACCINATOR, site="hall"), user(Role.SITE_MANAGER, site="hall")
    send(nurse, step(people[0], "dose", 3, **dose_facts(lot)))
    here = f"/clinic/{make.SLUG}/hall/review/"
    page = markup(manager.get(here))
    assert people[0].name in page and "no doctor&#x27;s decision is recorded" in page
    dose = Dose.objects.get()
    assert manager.post(f"{here}dose/", {"dose": dose.pk, "note": " "}).status_code == 400
    assert nurse.post(f"{here}dose/", {"dose": dose.pk, "note": "asked"}).status_code == 400
    other = user(Role.SITE_MANAGER, site="clinic")
    elsewhere = f"/clinic/{make.SLUG}/clinic/review/dose/"
    assert other.post(elsewhere, {"dose": dose.pk, "note": "asked"}).status_code == 409
    manager = user(Role.SITE_MANAGER, site="hall")
    assert (
        manager.post(f"{here}dose/", {"dose": dose.pk, "note": "doctor was there"}).status_code
        == 302
    )
    assert "No dose is in doubt" in markup(manager.get(here))
    # what is raised later is shown again
    Flag.objects.create(dose=dose, reason="lot_held", raised_at=datetime.now(UTC))
    assert people[0].name in markup(manager.get(here))
    assert manager.get(f"{here}dose/").status_code == 302


# ---- what cannot be read holds up nobody -----------------------------------------------------


def test_a_step_of_an_unknown_kind_is_refused_alone(hall):
    _, people = hall
    client = user(Role.VACCINATOR, site="hall")
    odd = step(people[0], "vitals") | {"facts": {}}
    told = send(
        client, odd, step(people[0], "check_in", 1, how="code"), step(people[1], "check_in")
    )
    assert [a["state"] for a in told] == ["refused", "waits", "refused"]
    told = send(client, odd, step(people[1], "check_in", how="code"))
    assert [a["state"] for a in told] == ["refused", "new"]
    assert told[0]["request_id"] == odd["request_id"] and "kind" in told[0]["detail"]


@pytest.mark.parametrize(
    "odd",
    [
        {"kind": "vitals", "facts": {}},
        {"kind": "seat", "facts": {"minutes": "many"}},
        {"kind": "check_in", "facts": [1], "at": "yesterday"},
    ],
)
def test_what_cannot_be_read_is_handed_over_and_leaves_the_device(hall, odd):
    _, people = hall
    client = user(Role.SITE_MANAGER, site="hall")
    sent = step(people[0], "check_in") | odd
    (told,) = send(client, sent)
    assert told["state"] == "refused"
    answer = client.post(
        f"{API}set-aside",
        {"device": "tablet", "step": sent, "problem": told["detail"]},
        content_type="application/json",
    )
    assert answer.status_code == 200 and RejectedStep.objects.count() == 1
    page = client.get(f"/clinic/{make.SLUG}/hall/review/")
    assert page.status_code == 200 and people[0].name in page.content.decode()


def test_going_early_or_after_a_reaction_says_why(hall):
    lot, people = hall
    client = user(Role.SITE_MANAGER, site="hall")
    now = lambda **facts: step(people[0], "discharge", 300, **facts)  # noqa: E731
    send(client, *visit_of(people[0], lot), step(people[0], "seat", 4, minutes=30))
    (told,) = send(client, now())
    assert told["state"] == "refused" and "before the end" in told["detail"]
    assert send(client, now(reason="the bus leaves"))[0]["state"] == "new"
    long_ago = step(people[1], "discharge", 100)  # without a network: a fact
    send(client, *visit_of(people[1], lot), step(people[1], "seat", 4, minutes=30))
    assert send(client, long_ago)[0]["state"] == "new"
    send(client, *visit_of(people[2], lot), step(people[2], "seat", 4, minutes=0))
    send(client, step(people[2], "reaction", 5, what="hives", serious=False))
    assert send(client, step(people[2], "discharge", 300))[0]["state"] == "refused"
