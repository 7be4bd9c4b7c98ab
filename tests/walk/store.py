"""The store of a site: deliveries, the shelf, transfers, fridges."""

import re
from datetime import timedelta

from django.test import Client

from balmis.contexts.coldchain.models import Equipment, Excursion, Reading
from balmis.contexts.safety.models import HoldAppeal
from balmis.contexts.supply.models import (
    Discard,
    Lot,
    LotHold,
    Packaging,
    PurchaseOrder,
    Transfer,
    Vial,
)
from balmis.core.vocabulary.access import Role
from tests import make
from tests.pages import markup
from tests.walk.steps import BY, GONE, Step, Walk, new, now
from tests.walk.world import World

STORE = f"/store/{make.SLUG}/hall/"


def codes(keeper: Client) -> Walk:
    """An unknown code is taught, and taken back."""
    taught = {"gtin": "09501101530010", "scan": "", "product": "comirnaty", "level": "carton"}
    yield Step(
        door="trade-item",
        client=keeper,
        path=f"{STORE}code/",
        body=taught | {"vials": "3", "keep": "1"},
    )
    yield Step(
        door="trade-item-forget",
        client=keeper,
        path=f"{STORE}code/forget/",
        body={"code": str(Packaging.objects.get(gtin="09501101530010").pk), "why": "wrong box"},
    )


def deliveries(w: World) -> Walk:
    keeper = w.at("hall", Role.STORE_KEEPER)
    day = (now() + timedelta(days=40)).date().isoformat()
    yield Step(
        door="order",
        client=keeper,
        path=f"{STORE}order/",
        body={"request_id": new(), "product": "comirnaty", "doses": "60", "expected": day},
        breaks={"order_sane": [{"doses": "0"}, {"doses": "-3"}]},
        at_once={"supply_order_request_id_key": {"doses": "50"}},
    )
    came = {
        "request_id": new(),
        "product": "comirnaty",
        "lot": "C7",
        "expires": day,
        "order": str(PurchaseOrder.objects.latest("pk").pk),
        "doses": "60",
        "noted": "60",
        "coldest": "-62",
        "warmest": "-61",
        "minutes": "3",
    }
    yield Step(
        door="store-receive",
        client=keeper,
        path=f"{STORE}receive/",
        body=came,
        breaks={
            "delivery_counted": [{"doses": "0", "noted": "0"}, {"doses": "-6"}],
            "delivery_difference_explained": {"noted": "66"},
            "delivery_way_sane": [{"coldest": "9", "warmest": "8"}, {"warmest": ""}],
            "supply_delivery_minutes_outside_check": {"minutes": "-1"},
        },
        at_once={"lot_once": {"request_id": new(), "doses": "60"}},
    )
    yield Step(
        door="store-receive",
        client=keeper,
        path=f"{STORE}receive/",
        body=came | {"request_id": new(), "lot": "C8", "order": ""},
        at_once={"supply_delivery_request_id_key": {"doses": "54", "noted": "54"}},
    )
    yield Step(door="store-receive", client=keeper, path=f"{STORE}receive/", body=scan())
    yield from codes(keeper)
    yield Step(
        door="order",
        client=keeper,
        path=f"{STORE}order/",
        body={"end": str(PurchaseOrder.objects.latest("pk").pk), "why": "nothing more comes"},
        breaks={"order_end_has_a_reason": [{"why": ""}, {"why": "  "}]},
    )


def scan() -> dict[str, str]:
    return {"read": "1", "scan": "(01)09501101530003(17)301231(10)C7"}


def shelf(w: World) -> Walk:
    keeper, other = w.at("hall", Role.STORE_KEEPER), w.at("hall", Role.SITE_MANAGER)
    held = {"request_id": new(), "product": "comirnaty", "lot": "A1", "reason": "too warm"}
    yield Step(
        door="store-hold",
        client=keeper,
        other=other,
        path=f"{STORE}hold/",
        body=held,
        breaks={"hold_has_a_reason": [{"reason": ""}, {"reason": "   "}]},
        at_once={"hold_once": {"request_id": new()}},
    )
    yield Step(
        door="store-release",
        client=keeper,
        path=f"{STORE}release/",
        body={"hold": str(LotHold.objects.latest("pk").pk), "decision": "within the budget"},
        breaks={"release_has_a_decision": [{"decision": ""}, {"decision": "   "}]},
    )
    yield Step(
        door="store-hold",
        client=keeper,
        path=f"{STORE}hold/",
        body=held | {"request_id": new(), "lot": "C8"},
        at_once={"supply_lothold_request_id_key": {"lot": "C7"}},
    )
    yield from _appeals(keeper, other, LotHold.objects.latest("pk"))
    vial = Vial.objects.create(
        id=make.request("walk vial"),
        lot=Lot.objects.get(number="A1"),
        site=w.site("hall"),
        doses=6,
        opened_at=now(),
        recorded_at=now(),
    )
    yield Step(
        door="store-vial",
        client=keeper,
        path=f"{STORE}vial/",
        body={"vial": str(vial.pk), "why": "broken"},
        breaks={
            "vial_wastage_known": {"why": "eaten"},
            "wasted_doses_are_explained": [{"why": ""}, {"why": GONE}],
        },
    )


def _appeals(keeper: Client, other: Client, held: LotHold) -> Walk:
    """The site asks about a hold of its own, is answered by a colleague, and asks anew."""
    keeper.post(
        f"{STORE}hold/",
        {"request_id": new(), "product": "comirnaty", "lot": "B2", "reason": "too warm"},
    )
    another = LotHold.objects.latest("pk")
    asked = {"request_id": new(), "held": f"hold-{held.pk}", "words": "the logger is broken"}
    path = f"{STORE}appeal/"
    yield Step(
        door="store-appeal",
        client=keeper,
        path=path,
        body=asked,
        breaks={"appeal_has_words": [{"words": ""}, {"words": "   "}]},
        at_once={"safety_holdappeal_request_id_key": {"held": f"hold-{another.pk}"}},
    )
    yield Step(
        door="store-answer",
        client=other,
        path=f"{path}answer/",
        body={"appeal": str(HoldAppeal.objects.latest("pk").pk), "words": "two loggers say so"},
        breaks={
            "appeal_answered_in_words": [{"words": ""}, {"words": "   "}],
            "appeal_answered_by_another": {BY: keeper},
        },
    )
    yield Step(
        door="store-appeal",
        client=keeper,
        other=other,
        path=path,
        body=asked | {"request_id": new()},
        at_once={"one_open_appeal": {"request_id": new()}},
    )
    keeper.post(f"{STORE}release/", {"hold": another.pk, "decision": "within the budget"})


def moves(w: World) -> Walk:
    keeper = w.at("hall", Role.STORE_KEEPER)
    promised = {
        "request_id": new(),
        "lot": "comirnaty|A1",
        "target": "clinic",
        "doses": "6",
    }
    yield Step(
        door="promise",
        client=keeper,
        path=f"{STORE}moves/promise/",
        body=promised,
        breaks={
            "transfer_sane": [{"doses": "0"}, {"target": "hall"}],
            "balance_below_zero_only_at_the_point_of_use": {"doses": "9999"},
        },
        at_once={"supply_transfer_request_id_key": {"doses": "5"}},
    )
    yield from _way(w, keeper, Transfer.objects.latest("pk").pk)
    for target in ("clinic", "store"):
        yield Step(
            door="promise",
            client=keeper,
            path=f"{STORE}moves/promise/",
            body=promised | {"request_id": new(), "target": target},
        )
    yield Step(
        door="transfer",
        client=keeper,
        path=f"{STORE}moves/transfer/",
        body={
            "transfer": str(Transfer.objects.latest("pk").pk),
            "cancel": "1",
            "reason": "the car broke",
        },
        breaks={"transfer_cancelled_before_sent": [{"reason": ""}, {"reason": "  "}]},
    )


def discards(w: World) -> Walk:
    keeper, other = w.at("hall", Role.STORE_KEEPER), w.at("hall", Role.SITE_MANAGER)
    asked = {
        "request_id": new(),
        "lot": "comirnaty|A1",
        "doses": "2",
        "why": "broken",
        "note": "fell from the shelf",
    }
    yield Step(
        door="discard",
        client=keeper,
        path=f"{STORE}moves/discard/",
        body=asked,
        breaks={"discard_sane": [{"doses": "0"}, {"why": "eaten"}, {"note": ""}, {"note": "  "}]},
        at_once={"supply_discard_request_id_key": {"doses": "3"}},
    )
    agreed = {"discard": str(Discard.objects.latest("pk").pk), "agree": "1"}
    yield Step(
        door="discard",
        client=other,
        path=f"{STORE}moves/discard/",
        body=agreed,
        breaks={"discard_has_a_second_signature": {BY: keeper}},
    )


def _way(w: World, keeper: Client, key: int) -> Walk:
    """A transfer leaves, and is received."""
    there = w.at("clinic", Role.STORE_KEEPER)
    arrived = {
        "transfer": str(key),
        "doses": "6",
        "coldest": "2",
        "warmest": "4",
        "minutes": "0",
        "reason": "",
    }
    path = f"/store/{make.SLUG}/clinic/moves/transfer/"
    early = there.post(path, arrived)
    assert early.status_code == 409, "it has not left"
    w.words["transfer_received_after_sent"] = ("transfer", early)
    yield Step(
        door="transfer",
        client=keeper,
        path=f"{STORE}moves/transfer/",
        body={"transfer": str(key), "send": "1"},
    )
    late = keeper.post(
        f"{STORE}moves/transfer/", {"transfer": key, "cancel": "1", "reason": "too late"}
    )
    assert late.status_code == 409, "it has left"
    yield Step(
        door="transfer",
        client=there,
        path=path,
        body=arrived,
        breaks={
            "transfer_difference_explained": {"doses": "5"},
            "transfer_way_sane": [{"coldest": "9", "warmest": "8"}, {"coldest": ""}],
            "supply_transfer_minutes_outside_check": {"minutes": "-1"},
        },
    )


def fridges(w: World) -> Walk:
    keeper = w.at("hall", Role.STORE_KEEPER)
    entered = {"new": "1", "code": "F1", "kind": "refrigerator", "litres": "210", "make": "x"}
    yield Step(
        door="keep-fridge",
        client=keeper,
        path=f"{STORE}fridges/keep/",
        body=entered,
        breaks={
            "equipment_has_room": [{"litres": "0"}, {"litres": "-5"}],
            "equipment_words_known": {"kind": "oven"},
        },
        at_once={"equipment_once": {"kind": "freezer"}},
    )
    yield Step(
        door="keep-fridge",
        client=keeper,
        path=f"{STORE}fridges/keep/",
        body={
            "code": "F1",
            "kind": "refrigerator",
            "condition": "working",
            "litres": "200",
            "holdover": "20",
            "qualified": "2030-01-01",
            "serviced": "2021-01-01",
        },
        breaks={
            "coldchain_equipment_holdover_hours_check": {"holdover": "-1"},
            "equipment_words_known": {"condition": "odd"},
        },
    )
    path, fridge = f"{STORE}fridge/F1/", Equipment.objects.get(code="F1")
    yield Step(
        door="fridge-change",
        client=keeper,
        path=f"{path}change/",
        body={"lot": str(Lot.objects.get(number="A1").pk)},
        at_once={"stowed_once": {}},
    )
    sensor = Step(
        door="fridge-change",
        client=keeper,
        path=f"{path}change/",
        body={"sensor": "1", "request_id": new()},
        at_once={"one_sensor": {"request_id": new()}},
    )
    yield sensor
    yield from _readings(w, keeper, path, fridge, _secret(keeper, path))


def _secret(keeper: Client, path: str) -> str:
    page = markup(keeper.post(f"{path}change/", {"sensor": "1", "request_id": new()}))
    return re.findall(r"<code>(.+?)</code>", page)[0]


def _readings(w: World, keeper: Client, path: str, fridge: Equipment, secret: str) -> Walk:
    heard = [{"at": (now() - timedelta(minutes=m)).isoformat(), "celsius": 20.5} for m in (190, 10)]
    yield Step(
        door="POST sensor_readings",
        client=Client(),
        path="/api/v1/cold-chain/readings",
        json=True,
        headers={"Authorization": f"Bearer {secret}"},
        body={"readings": heard},
        breaks={"reading_sane": {"readings": [*heard, {**heard[0], "celsius": 500}]}},
        at_once={"reading_once": {}},
    )
    yield Step(
        door="fridge-read",
        client=keeper,
        path=f"{path}read/",
        body={"celsius": "5,4"},
        breaks={"reading_sane": [{"celsius": "200"}, {"celsius": "-200"}]},
        at_once={"excursion_once": {"celsius": "5,5"}},
    )
    byhand = Reading.objects.filter(source="manual").latest("pk")
    yield Step(
        door="fridge-change",
        client=keeper,
        path=f"{path}change/",
        body={"reading": str(byhand.pk), "reason": "mistyped"},
        breaks={"withdrawn_has_a_reason": [{"reason": ""}, {"reason": "   "}]},
        at_once={"coldchain_withdrawn_reading_id_key": {}},
    )
    excursion = Excursion.objects.filter(equipment=fridge).latest("pk")
    page = f"{STORE}excursion/{excursion.pk}/"
    yield Step(
        door="excursion",
        client=keeper,
        path=page,
        body={"quarantine": "1", "lot": str(Lot.objects.get(number="A1").pk)},
        at_once={"quarantine_once": {}},
    )
    yield Step(
        door="excursion",
        client=keeper,
        path=page,
        body={"ruling": "use", "ground": "the maker says so"},
        breaks={
            "excursion_ruling_has_a_ground": [{"ground": ""}, {"ground": "   "}, {"ruling": "eat"}]
        },
    )


def close(w: World) -> Walk:
    keeper = w.at("clinic", Role.STORE_KEEPER)
    lot = Lot.objects.get(number="A1")
    yield Step(
        door="store-close",
        client=keeper,
        path=f"/store/{make.SLUG}/clinic/close/",
        body={"close": "1", f"count-{lot.pk}": "5", f"reason-{lot.pk}": "one fell"},
        at_once={"site_day_closed_once": {}},
    )
