"""How long goods last, and what should go where."""

from hypothesis import given
from hypothesis import strategies as st

from balmis.core.supply.reorder import Goods, Proposal, after, propose


def goods(site: str, usable: float, a_day: float = 0, **more) -> Goods:
    return Goods(site=site, product="p", usable=usable, a_day=a_day, **more)


def test_doses_kept_for_second_doses_do_not_count_as_stock():
    hall = goods("hall", 100, 10, reserve=40)
    assert (hall.free, hall.days, hall.lacks) == (60, 6, 80)


def test_a_store_gives_before_a_site_and_the_rest_is_ordered():
    rows = [
        goods("hall", 0, 10, per_vial=6),
        goods("store", 50, is_store=True),
        goods("clinic", 200, 5),
    ]
    assert propose(rows) == [
        Proposal("p", "store", "hall", 48),
        Proposal("p", "clinic", "hall", 96),
    ]
    assert propose(rows[:2]) == [
        Proposal("p", "store", "hall", 48),
        Proposal("p", None, "hall", 96),
    ]


def test_who_lasts_long_enough_gets_nothing():
    assert propose([goods("hall", 80, 10), goods("store", 500, is_store=True)]) == []


ROWS = st.lists(
    st.builds(
        Goods,
        site=st.sampled_from("abcdef"),
        product=st.just("p"),
        usable=st.integers(-20, 300),
        coming=st.integers(0, 50),
        reserve=st.integers(0, 100),
        a_day=st.integers(0, 30),
        per_vial=st.just(6),
        is_store=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda g: g.site,
)


@given(ROWS)
def test_nobody_gives_what_they_need_and_everyone_has_enough_after(rows):
    proposals = propose(rows)
    then = {g.site: g for g in after(rows, proposals)}
    for before in rows:
        gave = sum(p.doses for p in proposals if p.source == before.site)
        assert gave <= before.spare and gave % 6 == 0
        if before.lacks:
            assert then[before.site].lacks == 0


def test_what_is_on_order_is_on_no_shelf():
    """It makes nobody last longer, moves nobody's shelf, and is not ordered twice."""
    near = Goods(site="a", product="x", usable=5, ordered=500, a_day=10)
    assert near.lacks == 135 and near.spare == 0
    assert propose([near]) == []
    short = Goods(site="a", product="x", usable=5, ordered=100, a_day=10)
    assert propose([short]) == [Proposal("x", None, "a", 35)]
    full = Goods(site="b", product="x", usable=100, ordered=500, a_day=10)
    assert full.spare == 0
