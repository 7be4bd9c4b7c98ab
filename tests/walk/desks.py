"""The coordination desk, the planning studio, units."""

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from balmis.contexts.booking.models import Rush, Session
from balmis.contexts.notices.models import Notice
from balmis.contexts.planning.models import Study
from balmis.contexts.units.models import UnitLink
from balmis.core.vocabulary.access import Role
from tests import make
from tests.flows.test_planning import ISLAND
from tests.walk.steps import GONE, Step, Walk, new, now
from tests.walk.world import World

DESK = f"/coordination/{make.SLUG}/"
SESSIONS = f"{DESK}sessions/"
UNIT = f"/unit/{make.SLUG}/harbour/"
SIZES = {
    "starts": "09:00",
    "ends": "11:00",
    "stations": "1",
    "minutes_per_dose": "5",
    "staff": "1",
    "seats": "5",
    "observation_minutes": "15",
    "parking": "5",
    "doses": "50",
    "products": ["comirnaty"],
    "second_percent": "10",
    "walk_in_percent": "10",
}


def sessions(w: World) -> Walk:
    planner = w.everywhere(Role.PLANNER)
    day = (now() + timedelta(days=10)).date().isoformat()
    asked = SIZES | {"site": "hall", "on": day, "repeat": "2", "opens": ""}
    below = {
        f"booking_session_{name}_check": {name: "-1"}
        for name in ("doses", "observation_minutes", "parking", "seats", "staff", "stations")
    }
    yield Step(
        door="plan-session",
        client=planner,
        path=f"{SESSIONS}new/",
        body=asked | {"draft": "1"},
        breaks=below
        | {
            "session_lasts": [{"ends": "08:00"}, {"ends": "09:00"}],
            "session_shares_sane": {"second_percent": "60", "walk_in_percent": "60"},
            "session_sizes_sane": [{"minutes_per_dose": "0"}, {"minutes_per_dose": "-5"}],
        },
    )
    key = Session.objects.latest("pk").pk
    yield Step(
        door="publish-session",
        client=planner,
        path=f"{SESSIONS}{key}/publish/",
        body={"opens": ""},
    )
    changed = SIZES | {"request_id": new(), "expected": "0", "change": "1"}
    yield Step(
        door="change-session",
        client=planner,
        path=f"{SESSIONS}{key}/change/",
        body=changed | {"stations": "2"},
        breaks={"booking_pool_capacity_check": {"doses": "-5"}},
    )
    yield Step(
        door="move-unserved",
        client=planner,
        path=f"{SESSIONS}{key}/unserved/",
        body={"request_id": new(), "expected": "0"},
    )


def openings(w: World) -> Walk:
    planner = w.everywhere(Role.PLANNER)
    asked = {
        "on": (now() + timedelta(days=12)).date().isoformat(),
        "at": "09:00",
        "hours": "4",
        "doors_minutes": "60",
        "per_minute": "100",
        "order": "waves",
        "wave_minutes": "10",
        "first_digit": "3",
    }
    yield Step(
        door="openings",
        client=planner,
        path=f"{DESK}openings/",
        body=asked,
        breaks={
            "booking_rush_first_digit_check": {"first_digit": "-1"},
            "booking_rush_per_minute_check": {"per_minute": "-1"},
            "booking_rush_wave_minutes_check": {"wave_minutes": "-1"},
            "rush_sane": [
                {"first_digit": "10"},
                {"per_minute": "0"},
                {"wave_minutes": "241"},
                {"hours": "0"},
                {"doors_minutes": "0"},
            ],
        },
    )


def ends(w: World) -> Walk:
    planner = w.everywhere(Role.PLANNER)
    yield Step(
        door="close-opening",
        client=planner,
        path=f"{DESK}openings/{Rush.objects.latest('pk').pk}/",
        body={"reason": "nobody comes"},
    )
    Notice.objects.create(
        key="walk",
        person=w.person(1),
        purpose="reminder",
        medium="sms",
        address="+821055554444",
        language="en",
        made_at=now(),
        not_before=now(),
        status="failed",
    )
    yield Step(door="send-again", client=planner, path=f"{DESK}messages/again/", body={})


def studies(w: World) -> Walk:
    planner, here = w.everywhere(Role.PLANNER), f"{DESK}studio/"
    asked = {
        "request_id": new(),
        "supply": "100",
        "capacity": "100",
        "uptake": "0",
        "lag_days": "0",
        "by": "",
        "after": "",
        "option": "",
        "title": "As we hope",
        "surge": "on",
        "run": "1",
        "scenario": SimpleUploadedFile("a.yaml", ISLAND.encode()),
    }
    yield Step(
        door="ask-study",
        client=planner,
        path=f"{here}ask/",
        body=asked,
        at_once={"planning_study_request_id_key": {"supply": "90"}},
    )
    key = Study.objects.latest("pk").pk
    yield Step(door="stop-study", client=planner, path=f"{here}{key}/stop/", body={})


def units(w: World) -> Walk:
    planner = w.everywhere(Role.PLANNER)
    lines = "number,name,born,position\n" + "".join(
        f"P{n},Resident {n},1950-05-05,clerk\n" for n in (1, 8, 9)
    )
    yield Step(
        door="unit-roster",
        client=planner,
        path=f"{UNIT}roster/",
        body={"file": SimpleUploadedFile("harbour.csv", lines.encode())},
        at_once={"on_roster_once": {}},
    )
    one, eight = str(w.person(1).pk), str(w.person(8).pk)
    yield Step(
        door="unit-answers",
        client=planner,
        path=f"{UNIT}answers/",
        body={"answer": "willing", "person": [one, eight], "reason": "glad"},
        breaks={"answer_known": {"answer": "perhaps"}},
    )
    yield Step(
        door="unit-answers",
        client=planner,
        path=f"{UNIT}answers/",
        body={"answer": "attest"},
        at_once={"trait_once": {}},
    )
    yield Step(
        door="unit",
        client=w.of("IS-N", Role.UNIT_COORDINATOR),
        path=UNIT,
        method="GET",
        at_once={"units_rostercount_unit_id_key": {}},
    )
    yield Step(
        door="unit-book",
        client=planner,
        path=f"{UNIT}book/",
        body={"request_id": new(), "person": [one]},
    )
    yield Step(
        door="unit-answers",
        client=planner,
        path=f"{UNIT}answers/",
        body={"answer": "left", "person": [eight], "reason": GONE},
    )
    yield from _link(w, planner)


def _link(w: World, planner: Client) -> Walk:
    """A resident joins by the unit's link, and leaves."""
    yield Step(
        door="unit-link",
        client=planner,
        path=f"{UNIT}link/",
        body={"request_id": new(), "do": "make"},
        at_once={"units_unitlink_unit_id_key": {"request_id": new()}},
    )
    link, resident = UnitLink.objects.get(), w.resident(4)
    yield Step(
        door="unit-join",
        client=resident,
        path=f"/c/{make.SLUG}/join/{link.token}/",
        body={"seen": "on"},
    )
    path = f"/c/{make.SLUG}/my/units/{link.unit_id}/leave/"
    yield Step(door="my-unit-leave", client=resident, path=path, body={})
    yield Step(
        door="unit-link",
        client=planner,
        path=f"{UNIT}link/",
        body={"request_id": new(), "do": "end"},
    )
