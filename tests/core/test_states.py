"""Which state may follow which: each is reached from a first one and drawn."""

import pytest

from balmis.core import states
from balmis.core.errors import Conflict
from balmis.core.vocabulary.safety import CaseStatus


@pytest.mark.parametrize("name", states.ALL)
def test_every_state_is_in_the_table_reached_and_drawn(name):
    moves, begins = states.ALL[name]
    kind = type(begins[0])
    assert states.reachable(moves, begins) == set(kind)
    assert set(moves) == set(kind)
    assert all(f"[*] --> {b.value}" in states.diagram(moves, begins) for b in begins)


def test_a_state_that_cannot_follow_is_refused():
    with pytest.raises(Conflict):
        states.check_move(states.CASE, CaseStatus.RECEIVED, CaseStatus.CLOSED)
