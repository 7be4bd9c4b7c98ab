"""Lots are watched: a bad one is found within days, and seldom is one held for nothing."""

import numpy as np
import pytest

from balmis.cli.safety_files import deliveries
from balmis.core.safety.expected_counts import Window
from balmis.core.safety.lot_surveillance import (
    Watch,
    due_by_day,
    look,
    lot_test,
    lots_of_deliveries,
)
from balmis.flows.safety import reference_data
from balmis.flows.safety.rehearsal import Rehearsal, play

WATCH = Watch(0.001, Window(0, 3), (0.5, 0.75, 1.0), 0.05, 4)


def test_the_parts_of_alpha_add_up_to_what_was_declared():
    sizes = [5_000, 20_000, 12_000, 63_000]
    assert sum(lot_test(WATCH, s, 100_000).alpha for s in sizes) == pytest.approx(0.05)
    with pytest.raises(ValueError):
        lot_test(WATCH, 200_000, 100_000)


def test_a_lot_crosses_with_enough_events_before_enough_are_due():
    test = lot_test(WATCH, 50_000, 100_000)
    assert not look(WATCH, test, 3, 0.01).crossed  # three are too few, however early
    assert look(WATCH, test, 12, 2.0).crossed
    assert not look(WATCH, test, 3, 5.0).crossed


def test_what_is_due_waits_for_its_reports():
    due = due_by_day(WATCH, np.array([[1000.0, 0, 0, 0, 0, 0, 0]]))
    assert due[0, 0] == pytest.approx(1000 * 0.001 * 0.25 * 0.5)  # onset today, reported today
    assert due[0, -1] == pytest.approx(1.0)
    assert (np.diff(due[0]) >= 0).all()


def test_deliveries_fill_one_lot_after_the_other():
    rows = lots_of_deliveries([(0, 700.0), (7, 700.0)], 1000.0, 20)
    assert rows.sum(axis=1).tolist() == [1000, 400] or rows.sum() == pytest.approx(1400, abs=14)
    assert rows[1][:7].sum() == 0


@pytest.mark.parametrize(
    ("event", "days", "doses"), [("any_serious", 14, 19_000), ("any_report", 3, 5_000)]
)
def test_a_bad_lot_of_the_jeju_campaign_is_held_and_good_ones_seldom_are(event, days, doses):
    found = play(
        deliveries("jeju-2021"),
        Rehearsal(
            event=reference_data.event(event),
            relative_risk=5.0,
            largest=20_000,
            campaigns=200,
            seed=11,
        ),
    )
    assert found["doses"] > 900_000
    # 200 campaigns: what is declared, and three standard errors of seeing it
    alpha = found["alpha"]
    assert found["false_alarm_share"] <= alpha + 3 * (alpha * (1 - alpha) / 200) ** 0.5
    assert found["held_share"] > 0.75
    assert found["days_to_hold"]["median"] <= days
    assert found["doses_before_hold"]["median"] <= doses
