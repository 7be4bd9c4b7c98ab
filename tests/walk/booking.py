"""What residents do for themselves, and what the registration desk does for them."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from balmis.contexts.booking.models import Booking, Pool, Rush
from balmis.contexts.people.models import (
    ListedChange,
    ListFile,
    ListImport,
    Merge,
    Registration,
    Trait,
)
from balmis.contexts.units.models import Membership, Unit
from balmis.core.vocabulary.access import Role
from balmis.flows.booking.invitations import stop_token
from balmis.flows.booking.short_links import invitation_link
from tests import make
from tests.walk.steps import Step, Walk, new
from tests.walk.world import World
from tests.web.conftest import sent_code
from tests.web.test_booking import BOOK, BORN, MINE

DESK = f"/registrar/{make.SLUG}/"
STATED = {
    "name": "Nguyen Van Hung",
    "day": "5",
    "month": "5",
    "year": "1950",
    "sex": "M",
    "area": "IS-N",
    "address": "010-2222-3333",
}


def _fresh() -> Client:
    return Client(raise_request_exception=False)


def _pools(day: int, kind: str = "open") -> list[Pool]:
    on = datetime.now(UTC).date() + timedelta(days=day)
    found = Pool.objects.filter(slot__session__on=on, kind=kind, slot__session__site__code="hall")
    return list(found.order_by("pk"))


def sign_in(w: World) -> Walk:
    claim = {"number": make.letter(w.person(7)), "address": "010-1234-9999"} | BORN
    client = _fresh()
    yield Step(door="book", client=client, path=BOOK, body=claim)
    code = sent_code()
    for _ in range(4):
        assert client.post(f"{BOOK}code/", {"code": "000000"}).status_code == 400
    yield Step(
        door="book-code",
        client=client,
        path=f"{BOOK}code/",
        body={"code": code},
        at_once={},
    )
    wrong = _fresh()
    wrong.post(BOOK, claim | {"number": make.letter(w.person(8))})
    for _ in range(4):
        wrong.post(f"{BOOK}code/", {"code": "000000"})
    yield Step(
        door="book-code",
        client=wrong,
        path=f"{BOOK}code/",
        body={"code": "000000"},
        refused=True,
        at_once={"few_tries": {}},
    )


def register(w: World) -> Walk:
    client = _fresh()
    yield Step(
        door="book-register",
        client=client,
        path=f"{BOOK}register/",
        body=STATED,
    )
    for _ in range(4):
        client.post(f"{BOOK}code/", {"code": "000000"})
    yield Step(
        door="book-code",
        client=client,
        path=f"{BOOK}code/",
        body={"code": "000000"},
        refused=True,
        at_once={"registration_few_tries": {}},
    )


def book(w: World) -> Walk:
    two, three = w.resident(2), w.resident(3)
    first, second = _pools(2)[0], _pools(23)[0]
    held = {
        "request_id": new(),
        "pool": str(first.pk),
        "second": str(second.pk),
        "product": "comirnaty",
        "on": str(first.slot.session.on),
        "site": "hall",
        "move": "",
    }
    yield Step(
        door="book-hold",
        client=two,
        path=f"{BOOK}hold/",
        body=held,
        at_once={"one_live_booking": {"request_id": new(), "pool": str(_pools(2)[1].pk)}},
    )
    yield Step(
        door="book-confirm",
        client=two,
        path=f"{BOOK}confirm/",
        body={"held": list(Booking.objects.filter(status="held").values_list("pk", flat=True))},
    )
    last = _pools(2)[2]
    Pool.objects.filter(pk=last.pk).update(capacity=1)
    yield Step(
        door="book-hold",
        client=three,
        path=f"{BOOK}hold/",
        body=held | {"request_id": new(), "pool": str(last.pk), "second": ""},
        other=w.resident(4),
        at_once={"never_oversold": {"request_id": new()}},
    )
    yield Step(
        door="book-hold",
        client=w.resident(5),
        path=f"{BOOK}hold/",
        body=held | {"request_id": new(), "pool": str(_pools(2)[3].pk), "second": ""},
        at_once={"booking_booking_request_id_key": {}},
    )
    booked = Booking.objects.filter(person=w.person(2), status="confirmed").order_by("number")[0]
    yield Step(
        door="book-hold",
        client=two,
        path=f"{BOOK}hold/",
        body=held
        | {
            "request_id": new(),
            "pool": str(_pools(2)[1].pk),
            "second": "",
            "move": str(booked.pk),
        },
    )


def residents(w: World) -> Walk:
    client, on = w.resident(6), datetime.now(UTC).date() + timedelta(days=2)
    yield Step(
        door="standby",
        client=client,
        path=f"{BOOK}standby/",
        body={"where": f"hall@{on}"},
        at_once={"one_standby_a_day": {}},
    )
    yield Step(
        door="book-leave",
        client=_fresh(),
        path=f"{BOOK}leave/",
        body={},
    )
    yield Step(
        door="book-family",
        client=w.resident(3),
        path=f"{BOOK}family/",
        body={"number": make.letter(w.person(9))} | BORN,
    )
    yield Step(
        door="my-messages",
        client=client,
        path=f"{MINE}messages/",
        body={"tell": "1", "language": "ko"},
    )
    yield Step(
        door="stop-messages",
        client=_fresh(),
        path=f"/c/{make.SLUG}/stop/{stop_token(w.person(6).pk, w.campaign.pk, now=datetime.now(UTC))}/",
        body={"tell": "1", "language": "vi"},
    )
    invited = invitation_link(w.campaign, w.person(6).pk, now=datetime.now(UTC))
    yield Step(
        door="short-link",
        client=_fresh(),
        path=urlsplit(invited).path,
        body={"tell": "1"},
    )
    yield Step(
        door="my-event",
        client=w.resident(22),
        path=f"{MINE}event/",
        body={
            "request_id": new(),
            "dose": str(w.doses[1].pk),
            "onset": "2021-06-18",
            "symptom": ["fever", "rash"],
            "words": "since the evening",
            "care": "doctor",
        },
    )
    booked = Booking.objects.filter(person=w.person(2), status="confirmed").order_by("number")[0]
    yield Step(
        door="cancel-booking",
        client=w.resident(2),
        path=f"{MINE}{booked.pk}/cancel/",
        body={"sure": "1"},
    )


def queue(w: World) -> Walk:
    """A waiting room whose doors are open."""
    rush = Rush.objects.latest("pk")
    now = datetime.now(UTC)
    Rush.objects.filter(pk=rush.pk).update(
        doors_at=now - timedelta(minutes=5), opens_at=now + timedelta(hours=1)
    )
    yield Step(
        door="book-queue",
        client=w.resident(6),
        path=f"{BOOK}queue/",
        body={"join": "1"},
        at_once={"one_ticket": {}},
    )


def desk(w: World) -> Walk:
    registrar, other = w.of("IS", Role.REGISTRAR), w.of("IS", Role.REGISTRAR, 2)
    yield Step(door="registrar", client=registrar, path=DESK, body={"q": "Resident"})
    yield Step(
        door="registrar-address",
        client=registrar,
        path=f"{DESK}{w.person(10).pk}/address/",
        body={"address": "010-7777-8888", "language": "vi", "document": "on"},
        breaks={"contact_has_an_address": {"address": "", "language": "ko"}},
        at_once={"people_contact_pkey": {"address": "010-7777-9999"}},
    )
    yield Step(
        door="registrar-letter",
        client=registrar,
        path=f"{DESK}{w.person(10).pk}/letter/",
        body={},
        at_once={"one_good_letter": {}},
    )
    yield Step(
        door="registrar-book",
        client=registrar,
        path=f"{DESK}{w.person(10).pk}/book/",
        body={
            "request_id": new(),
            "pool": str(_pools(3)[2].pk),
            "second": "",
            "product": "comirnaty",
            "on": "",
            "site": "hall",
        },
    )
    yield Step(
        door="registrar-cancel",
        client=registrar,
        path=f"{DESK}{w.person(10).pk}/cancel/",
        body={"booking": str(Booking.objects.filter(person=w.person(10)).latest("pk").pk)},
    )
    yield Step(
        door="registrar-serve",
        client=w.of("IS-S", Role.REGISTRAR),
        path=f"{DESK}{w.person(10).pk}/serve/",
        body={"why": "works in the south"},
        breaks={"serving_has_its_reason": [{"why": ""}, {"why": "  "}]},
    )
    yield from lists(w, registrar)
    yield from facts(w, registrar)
    yield from merges(w, registrar, other)
    yield from registrations(w, registrar)


def merges(w: World, registrar: Client, other: Client) -> Walk:
    kept, goes = w.person(13), w.person(14)
    yield Step(
        door="registrar-merge",
        client=registrar,
        other=other,
        path=f"{DESK}{kept.pk}/merge/",
        body={"other": "P14", "reason": "the same card", "sure": "1"},
        breaks={
            "merge_has_its_reason": [{"reason": ""}, {"reason": "   "}],
            "merge_of_two": {"other": "P13"},
            "not_merged_into_itself": {"other": "P13"},
        },
        at_once={"merged_once": {}},
    )
    yield Step(
        door="registrar-undo",
        client=registrar,
        path=f"{DESK}{kept.pk}/undo/",
        body={"merge": str(Merge.objects.get(merged=goes).pk)},
    )


def facts(w: World, registrar: Client) -> Walk:
    """A group is noted and ended; a name is corrected by a document."""
    person = w.person(12)
    page = f"{DESK}{person.pk}/"
    yield Step(
        door="registrar-group", client=registrar, path=f"{page}group/", body={"group": "staff"}
    )
    yield Step(
        door="registrar-details",
        client=registrar,
        path=f"{page}details/",
        body={
            "address": "12 Harbour Street",
            "guardian": "Kim Mother",
            "guardian_relation": "mother",
            "guardian_phone": "010-2345-6789",
        },
        at_once={"detail_once": {}},
    )
    yield Step(
        door="registrar-trait",
        client=registrar,
        path=f"{page}trait/",
        body={"trait": str(Trait.objects.get(person=person).pk), "why": "has retired"},
    )
    yield Step(
        door="registrar-correct",
        client=registrar,
        path=f"{page}correct/",
        body={
            "name": "Resident Twelve",
            "romanised_name": "",
            "born": str(person.born),
            "sex": "F",
            "national_id": "",
            "document": "a passport",
        },
    )


def lists(w: World, registrar: Client) -> Walk:
    """A list is sent, taken in and taken back; another changes who somebody is, and is dropped or decided."""
    head = "external_id,name,born,sex,area\n"

    def sent(rows: str) -> Step:
        file = SimpleUploadedFile("ward.csv", (head + rows).encode())
        return Step(
            door="registrar-lists", client=registrar, path=f"{DESK}lists/", body={"file": file}
        )

    def kept() -> str:
        return f"{DESK}lists/{ListFile.objects.latest('at').pk}/"

    def taken() -> Step:
        body = {"register": "walk", "take": "yes"}
        return Step(door="registrar-list", client=registrar, path=kept(), body=body)

    yield sent("w1,Walk One,1950-05-03,F,IS-N\n")
    yield taken()
    yield sent("w1,Walk Two,1950-05-03,F,IS-N\n")
    yield taken()
    yield Step(
        door="registrar-changes",
        client=registrar,
        path=f"{DESK}changes/",
        body={
            "change": str(ListedChange.objects.latest("pk").pk),
            "why": "the same card",
            "accept": "yes",
        },
    )
    yield Step(
        door="registrar-list-done",
        client=registrar,
        path=f"{DESK}lists/{ListImport.objects.latest('pk').pk}/",
        body={"sure": "on"},
    )
    yield sent("w3,Walk Three,1950-05-03,F,IS-N\n")
    yield Step(door="registrar-list-drop", client=registrar, path=f"{kept()}drop/")


def registrations(w: World, registrar: Client) -> Walk:
    yield Step(
        door="registrar-register",
        client=registrar,
        path=f"{DESK}register/",
        body=STATED | {"name": "Resident 15", "address": ""},
    )
    waits = Registration.objects.filter(status__in=["review", "near"]).latest("pk")
    yield Step(
        door="registrar-review",
        client=registrar,
        path=f"{DESK}reviews/{waits.pk}/",
        body={"person": str(w.person(15).pk), "document": "a passport", "reached": "on"},
    )


def claims(w: World) -> Walk:
    """Somebody registers with another's name, and the owner is asked."""
    thief = _fresh()
    thief.post(f"{BOOK}register/", STATED | {"name": "Resident 6", "sex": "F"})
    thief.post(f"{BOOK}code/", {"code": sent_code()})
    owner = w.resident(6)
    page = owner.get(MINE).content.decode()
    found = re.search(r"/my/claims/(\d+)/", page)
    assert found, "they are told"
    yield Step(
        door="my-claim", client=owner, path=f"{MINE}claims/{found[1]}/", body={"not_mine": ""}
    )
    membership = Membership.objects.filter(person=w.person(6)).first()
    if membership is None:
        membership = Membership.objects.create(
            unit=Unit.objects.get(code="harbour"), person=w.person(6), joined_on=make.TODAY
        )
    yield Step(
        door="my-unit", client=owner, path=f"{MINE}units/{membership.unit_id}/", body={"yes": ""}
    )
