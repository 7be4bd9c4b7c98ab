"""What a session needs from the store."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from balmis.core.supply.session_pack import Stock, prepare

ON = date(2021, 6, 17)


def lot(
    number: str, doses: float, expires: date | None = date(2021, 12, 1), held: bool = False
) -> Stock:
    return Stock(lot=number, doses=doses, expires_on=expires, held=held)


def test_vials_are_rounded_up_and_the_first_to_expire_goes_first():
    shelf = [lot("late", 60), lot("soon", 13, date(2021, 6, 20)), lot("none", 60, None)]
    found = prepare(20, shelf, per_vial=6, diluted=True, on=ON)
    assert [(p.lot, p.vials) for p in found.picks] == [("soon", 2), ("late", 2)]
    assert (found.vials, found.diluent, found.mixing, found.syringes, found.short) == (
        4,
        4,
        4,
        21,
        0,
    )


def test_what_is_held_or_expired_is_left_and_what_is_short_is_said():
    shelf = [lot("held", 600, held=True), lot("over", 600, date(2021, 6, 16)), lot("few", 6)]
    found = prepare(20, shelf, per_vial=6, diluted=False, on=ON)
    assert [(p.lot, p.vials) for p in found.picks] == [("few", 1)]
    assert (found.short, found.diluent) == (3, 0)


@given(st.integers(0, 500), st.lists(st.integers(-5, 200), max_size=6), st.integers(1, 20))
def test_nothing_is_taken_that_is_not_there(people, doses, per_vial):
    shelf = [lot(f"L{n}", d) for n, d in enumerate(doses)]
    found = prepare(people, shelf, per_vial=per_vial, diluted=False, on=ON)
    assert found.vials * per_vial >= people > (found.vials - 1) * per_vial or people == 0
    assert sum(p.vials for p in found.picks) + found.short == found.vials
    for pick in found.picks:
        assert pick.vials * per_vial <= doses[int(pick.lot[1:])]
