"""A site's day is closed when every vial and every dose is explained."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from balmis.contexts.supply.models import Balance, DayClose, StockMove, Vial
from balmis.contexts.supply.stock_book import ledger_sum
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.supply.day_close import LotDay, SiteDay, VialDay, unexplained, wastage_rate
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import StepKind
from balmis.core.vocabulary.supply import WastageReason
from balmis.flows.supply.day_close import Counted, close_day, look
from balmis.flows.supply.vials import close_vial
from tests import make
from tests.flows.test_visits import dose_facts, ready, send

DAY = date(2021, 6, 17)
EVENING = make.NOON + timedelta(hours=8)


def vaccinate(person, lot, minute: int, vial: str = "vial") -> None:
    ready(person, minute)
    opened = {"id": str(make.request(vial)), "opened_at": make.NOON.isoformat()}
    send(person, StepKind.DOSE, minute + 3, **dose_facts(lot, vial=opened))
    send(person, StepKind.DISCHARGE, minute + 4)


def close(*counts: Counted):
    return close_day("hall", DAY, counts, actor=make.SYSTEM, now=EVENING)


def count(doses: float, reason: str = "") -> Counted:
    return Counted(lot="A1", doses=Decimal(str(doses)), reason=reason)


def test_a_day_with_a_difference_is_refused_and_the_difference_named(hall):
    lot, people = hall
    for n, person in enumerate(people):
        vaccinate(person, lot, 10 * n)
    with pytest.raises(Refusal) as refused:
        close()
    what = refused.value.facts["what"]
    assert "is open, 3 doses in it" in what
    assert "lot A1 of comirnaty is not counted, the book says 9 doses" in what

    close_vial(make.request("vial"), WastageReason.OPEN_TOO_LONG, actor=make.SYSTEM, now=EVENING)
    with pytest.raises(Refusal, match="1 doses fewer counted .5. than in the book .6."):
        close(count(5))
    done = close(count(5, "one vial fell"))

    assert done.figures["lots"] == [
        {
            "lot": "A1",
            "product": "comirnaty",
            "left": 5.0,
            "reason": "one vial fell",
            "used": 3.0,
            "wasted": 3.0,
            "received": 12.0,
            "sent": 0.0,
            "extra": 0.0,
        }
    ]
    assert (done.figures["vials_opened"], done.figures["open_vial_wastage"]) == (1, 3)
    assert Balance.objects.get(account="site").doses == 5 and ledger_sum() == 0
    assert close(count(5, "again")) == done == close() and DayClose.objects.count() == 1
    with pytest.raises(Conflict):
        close(count(4))


def test_a_visit_that_is_not_over_keeps_the_day_open(hall):
    _, (person, *_) = hall
    ready(person)
    found = look("hall", DAY, (count(12),), actor=make.SYSTEM).problems
    assert [str(p) for p in found] == ["1 visits are not over"]
    assert not StockMove.objects.filter(kind="adjustment").exists()


def test_more_doses_than_on_the_label_come_onto_the_book(hall):
    lot, people = hall
    Vial.objects.create(
        id=make.request("vial"),
        lot=lot,
        site_id=make.session().site_id,
        doses=2,
        opened_at=make.NOON,
        recorded_at=make.NOON,
        opened_by="x",
    )
    for n, person in enumerate(people):
        vaccinate(person, lot, 10 * n)
    closed = close_vial(make.request("vial"), None, actor=make.SYSTEM, now=EVENING)
    assert closed.wasted == 0
    assert close_vial(make.request("vial"), None, actor=make.SYSTEM, now=EVENING) == closed
    assert StockMove.objects.get(kind="extra_drawn").doses == 1
    assert Balance.objects.get(account="site").doses == 10 and ledger_sum() == 0


def test_doses_left_in_a_vial_need_a_reason(hall):
    lot, (person, *_) = hall
    vaccinate(person, lot, 0)
    with pytest.raises(BadInput, match="say why"):
        close_vial(make.request("vial"), None, actor=make.SYSTEM, now=EVENING)
    with pytest.raises(Refusal):
        close_vial(make.request("none"), None, actor=make.SYSTEM, now=EVENING)


def test_a_count_of_what_is_not_there_and_a_stranger_are_refused(hall):
    from balmis.contexts.access import services as access
    from balmis.contexts.places import queries as places

    with pytest.raises(BadInput, match="not on the shelf"):
        close(Counted(lot="ZZ", doses=Decimal(1)))
    with pytest.raises(BadInput, match="counted twice"):
        close(count(1), count(2))
    user = access.keep_user(
        "k",
        name="k",
        password="correct-horse-battery",
        grants=[(Role.STORE_KEEPER, None, places.site("clinic"))],
    )
    with pytest.raises(NotAllowed):
        close_day("hall", DAY, (), actor=access.actor_for(user), now=EVENING)


def test_the_rule_names_each_difference_and_nothing_else():
    vial = VialDay(name="1", lot="A", label=6, drawn=4, wasted=2, closed=True)
    lot = LotDay(lot="A", product="p", book=3, counted=3)
    assert unexplained(SiteDay(lots=(lot,), vials=(vial,))) == []
    assert wastage_rate(0, 0) is None and wastage_rate(1, 3) == 0.25
    bad = VialDay(name="2", lot="A", label=6, drawn=4, wasted=1, closed=True)
    more = LotDay(lot="B", product="p", book=3, counted=4)
    found = list(map(str, unexplained(SiteDay(lots=(more,), vials=(bad,), inside=2, conflicts=1))))
    assert len(found) == 4 and "1 of 6 doses were neither given nor wasted" in found[0]
