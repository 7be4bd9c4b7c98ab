"""Which records of a day are doses: a function of the records and the rulings alone."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from balmis.core.clinic.duplicate_doses import ELSEWHERE, Record, register_of
from balmis.core.vocabulary.clinic import ConflictEnd
from tests import make

SAME, TWO = ConflictEnd.SAME_DOSE, ConflictEnd.TWO_DOSES


def record(key: str, minute: int, **changes) -> Record:
    return Record(key, make.NOON + timedelta(minutes=minute), **changes)


@st.composite
def days(draw):
    keys = draw(st.lists(st.sampled_from("abcde"), unique=True, max_size=5))
    return [
        record(
            key,
            draw(st.integers(0, 3)),
            gone=draw(st.booleans()),
            ruling=draw(st.sampled_from([None, SAME, TWO])),
            against=draw(st.sampled_from([k for k in [*keys, ELSEWHERE] if k != key])),
        )
        for key in keys
    ]


@given(days(), st.booleans(), st.randoms())
def test_the_order_in_which_records_come_changes_nothing(records, elsewhere, chance):
    shuffled = list(records)
    chance.shuffle(shuffled)
    assert register_of(shuffled, elsewhere=elsewhere) == register_of(records, elsewhere=elsewhere)


@given(days(), st.booleans())
def test_every_record_that_stands_is_a_dose_or_waits_or_was_ruled_the_same(records, elsewhere):
    found = register_of(records, elsewhere=elsewhere)
    assert not set(found.doses) & set(found.waiting)
    for r in records:
        if r.gone:
            assert r.key not in (*found.doses, *found.waiting)
        elif r.key not in (*found.doses, *found.waiting):
            assert r.ruling is SAME
    unruled = [r for r in records if not r.gone and r.ruling is None]
    if unruled and not elsewhere:
        assert found.doses  # what was given is never lost
    assert found.kept is None or found.kept == ELSEWHERE or found.kept in found.doses


def test_a_ruling_means_nothing_once_one_of_the_two_is_gone():
    first, second = record("a", 1), record("b", 2, ruling=SAME, against="a")
    assert register_of([first, second], elsewhere=False).doses == ("a",)
    gone = record("a", 1, gone=True)
    assert register_of([gone, second], elsewhere=False).doses == ("b",)


def test_a_dose_that_no_desk_recorded_comes_first_until_somebody_rules():
    one = record("a", 1)
    found = register_of([one], elsewhere=True)
    assert (found.doses, found.waiting, found.kept) == ((), ("a",), ELSEWHERE)
    ruled = record("a", 1, ruling=TWO, against=ELSEWHERE)
    assert register_of([ruled], elsewhere=True).doses == ("a",)
