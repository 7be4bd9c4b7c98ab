"""The clinic: steps of devices, doses over the API, what has to be looked at."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.test import Client

from balmis.contexts.clinic.models import Conflict, RejectedStep
from balmis.contexts.clinic.models import Step as Clinic
from balmis.contexts.people.models import Person
from balmis.contexts.supply.models import Vial
from balmis.core.vocabulary.access import Role
from tests import make
from tests.flows.test_visits import CONSENT, answers, dose_facts
from tests.walk.steps import Body, Step, Walk, new, now
from tests.walk.world import World

API = f"/api/v1/clinic/{make.SLUG}/hall/"
REVIEW = f"/clinic/{make.SLUG}/hall/review/"


def done(person: Person, kind: str, seconds: int = 0, **facts: Any) -> dict[str, Any]:
    at = now() - timedelta(minutes=5) + timedelta(seconds=seconds)
    return {
        "request_id": str(uuid4()),
        "person": person.pk,
        "kind": kind,
        "at": at.isoformat(),
        "facts": facts,
        "by": "",
    }


def steps(w: World) -> Walk:
    nurse = w.at("hall", Role.VACCINATOR)
    person, other = w.person(16), w.person(17)

    def sent(*each: dict[str, Any], **more: Any) -> Step:
        body: Body = {"device": "tablet", "steps": list(each)}
        return Step(
            door="POST post_steps", client=nurse, path=f"{API}steps", json=True, body=body, **more
        )

    came = done(person, "check_in", how="photo_id")
    yield sent(
        came,
        breaks={"step_kind_known": {"steps": [came | {"kind": "dance"}]}},
        at_once={
            "visit_once": {"steps": [came | {"request_id": new()}]},
        },
    )
    again = done(other, "check_in", 1, how="photo_id")
    yield sent(
        again,
        at_once={"clinic_step_request_id_key": {"steps": [again | {"person": w.person(18).pk}]}},
    )
    yield sent(done(person, "screen", 1, **answers()))
    yield sent(done(person, "consent", 2, **CONSENT))
    vial = {"id": new(), "opened_at": now().isoformat(), "serial": "S1"}
    given = done(person, "dose", 3, **dose_facts(w.lot, vial=vial), route="intramuscular")

    def another(**facts: Any) -> Body:
        return {"steps": [given | {"facts": given["facts"] | facts}]}

    yield sent(
        given,
        breaks={
            "dose_words_known": [another(body_site="nose"), another(route="by_mail")],
        },
    )
    for kind, facts in (("screen", answers()), ("consent", CONSENT)):
        yield sent(done(other, kind, 4, **facts))
    yield from vials(w, sent, other)
    yield sent(
        done(person, "reaction", 6, what="dizzy"),
        at_once={
            "safety_reaction_visit_id_key": {"steps": [done(person, "reaction", 7, what="pale")]}
        },
    )
    yield from reaction(nurse)
    third = w.person(18)
    yield sent(done(third, "check_in", 6, how="photo_id"))
    yield sent(done(third, "screen", 7, **answers()))
    never = done(third, "doctor", 8, outcome="never", product="comirnaty", text="an allergy")
    until = {"steps": [never | {"facts": never["facts"] | {"until": "2031-01-01"}}]}
    step = sent(never, breaks={"deferral_outcome_known": until})
    step.client = w.at("hall", Role.DOCTOR)
    yield step


def reaction(nurse: Client) -> Walk:
    """A note and a call for help, as a device kept them."""
    reported = str(Clinic.objects.filter(kind="reaction").latest("pk").request_id)
    told = {"step": reported, "at": now().isoformat()}
    for door, path, facts in (
        ("POST post_desk_note", "reaction-notes", {"kind": "remark", "facts": {"text": "pale"}}),
        ("POST post_desk_help", "calls-for-help", {"what": "pale", "place": "A4"}),
    ):
        body: Body = {"request_id": new(), **told, **facts}
        yield Step(door=door, client=nurse, path=f"{API}{path}", json=True, body=body)


def vials(w: World, sent: Callable[..., Step], first: Person) -> Walk:
    """Two tablets that draw from one vial at once: by its id, and by the number on it."""
    ready = [first, *(w.person(n) for n in (11, 32, 33))]
    for person in ready[1:]:
        yield sent(done(person, "check_in", 4, how="photo_id"))
    for person in ready[1:]:
        for kind, facts in (("screen", answers()), ("consent", CONSENT)):
            yield sent(done(person, kind, 4, **facts))
    vial = {"id": new(), "opened_at": now().isoformat(), "serial": ""}
    for name, pair, mine, theirs in (
        ("supply_vial_pkey", ready[:2], vial, vial),
        ("vial_once", ready[2:], vial | {"id": new(), "serial": "S2"}, vial | {"serial": "S2"}),
    ):
        if name == "vial_once":
            theirs = theirs | {"id": new()}
        drawn = [
            done(p, "dose", 5, **dose_facts(w.lot, vial=v))
            for p, v in zip(pair, (mine, theirs), strict=True)
        ]
        yield sent(drawn[0], at_once={name: {"device": "another", "steps": [drawn[1]]}})
    assert Vial.objects.filter(serial="S2").count() == 1


def doses(w: World) -> Walk:
    nurse = w.at("hall", Role.VACCINATOR)
    asked = {
        "request_id": new(),
        "campaign": make.SLUG,
        "person_id": w.person(19).pk,
        "product": "comirnaty",
        "kind": "primary_1",
        "given_at": make.NOON.isoformat(),
        "lot_id": w.lot.pk,
        "site": "hall",
        "units": 1,
    }
    yield Step(
        door="POST post_dose",
        client=nurse,
        path="/api/v1/doses",
        json=True,
        body=asked,
        breaks={
            "dose_kind_known": {"kind": "ninth"},
            "dose_units_positive": [{"units": 0}, {"units": -1}],
        },
        at_once={"clinic_dose_request_id_key": {"person_id": w.person(20).pk}},
    )


def looked_at(w: World) -> Walk:
    lead, nurse = w.at("hall", Role.SITE_MANAGER), w.at("hall", Role.VACCINATOR)
    refused = done(w.person(16), "dose", 9, **dose_facts(w.lot))
    yield Step(
        door="POST post_set_aside",
        client=nurse,
        path=f"{API}set-aside",
        json=True,
        body={"device": "tablet", "step": refused, "problem": "it was refused"},
        at_once={"clinic_setaside_request_id_key": {}},
    )
    came = {"name": "Han Sori", "born": "1980-05-06", "sex": "F", "area": "IS-N", "by": ""}
    yield Step(
        door="POST post_walk_in",
        client=nurse,
        path=f"{API}walk-ins",
        json=True,
        body={"device": "tablet", "request_id": new(), "at": now().isoformat(), **came},
        breaks={
            "registration_precision_known": {"born_precision": "century"},
        },
        at_once={"people_registration_request_id_key": {}},
    )
    key = RejectedStep.objects.latest("pk").pk
    yield Step(
        door="clinic-resolve",
        client=lead,
        path=f"{REVIEW}resolve/",
        body={"step": str(key), "note": "it was given once"},
        breaks={"set_aside_has_a_note": [{"note": ""}, {"note": "   "}]},
    )
    old = make.lot("OLD", doses=6, expires=make.TODAY - timedelta(days=9))
    flagged = make.dose(w.person(29), old)
    yield Step(
        door="clinic-dose",
        client=lead,
        path=f"{REVIEW}dose/",
        body={"dose": str(flagged.pk), "note": "the lot was read wrongly"},
        breaks={"review_has_a_note": [{"note": ""}, {"note": "   "}]},
    )
    yesterday = make.NOON - timedelta(days=1)
    held = make.dose(w.person(29), given_at=yesterday, request_id=make.request("told twice"))
    yield Step(
        door="registrar-held",
        client=w.of("IS", Role.REGISTRAR),
        path=f"/registrar/{make.SLUG}/held-doses/",
        body={"dose": str(held.pk), "end": "earlier", "note": "one needle, two sources"},
    )
    yield from conflicts(w)


def conflicts(w: World) -> Walk:
    lead, nurse = w.at("hall", Role.SITE_MANAGER), w.at("hall", Role.VACCINATOR)
    for n, door in ((30, "clinic-settle"), (31, "POST settle_conflict")):
        person = w.person(n)
        twice = [done(person, "dose", seconds, **dose_facts(w.lot)) for seconds in (3, 30)]
        came = [
            done(person, "check_in", 0, how="photo_id"),
            done(person, "screen", 1, **answers()),
            done(person, "consent", 2, **CONSENT),
            twice[0],
        ]
        for device, each in (("one", came), ("two", twice[1:])):
            nurse.post(
                f"{API}steps", {"device": device, "steps": each}, content_type="application/json"
            )
        found = Conflict.objects.latest("pk")
        said = {"end": "two_doses", "reason": "both were seen"}
        page = door == "clinic-settle"
        yield Step(
            door=door,
            client=lead,
            path=f"{REVIEW}settle/" if page else f"/api/v1/clinic/conflicts/{found.pk}",
            json=not page,
            body=said | ({"conflict": str(found.pk)} if page else {}),
            breaks={} if page else {"conflict_end_known": {"end": "three_doses"}},
        )


def leftover(w: World) -> Walk:
    vials = [
        Vial.objects.create(
            id=make.request(f"left {n}"),
            lot=w.lot,
            site=w.site("hall"),
            doses=6,
            opened_at=now(),
            recorded_at=now(),
        )
        for n in range(4)
    ]
    for n, name in enumerate(("slot_once", "pool_once")):
        yield Step(
            door="POST post_leftover",
            client=w.at("hall", Role.VACCINATOR),
            path=f"{API}leftover",
            json=True,
            body={"request_id": new(), "vial": str(vials[n].pk), "doses": 1},
            at_once={name: {"request_id": new(), "vial": str(vials[2 + n].pk)}},
        )
