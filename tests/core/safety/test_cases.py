"""Case definitions, deadlines, causality, help, diary and the states of it all."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balmis.core.safety import diary
from balmis.core.safety.catalogue import About, clocks
from balmis.core.safety.causality import KOREAN, Answers, agreement, classify
from balmis.core.safety.definitions import judge
from balmis.core.safety.response_times import Waited, teams_needed, times
from balmis.core.vocabulary.safety import CaseNoteKind, CausalClass, KnownEvent, Standing
from balmis.flows.safety import reference_data

COURSE = {"sudden", "rapid"}
ANAPHYLAXIS = reference_data.definition("anaphylaxis", "2007")


@pytest.mark.parametrize(
    ("signs", "level"),
    [
        ({"hives", "wheeze"}, 1),
        ({"angioedema", "low_pressure"}, 1),
        ({"hives", "tachycardia", "slow_refill", "weak_pulse"}, 1),  # three make a shock
        ({"low_pressure", "stridor"}, 2),
        ({"wheeze", "vomiting"}, 2),
        ({"hives", "cough"}, 2),
        ({"fast_breathing", "cyanosis", "itch"}, 2),  # two make respiratory distress
        ({"cough", "itch", "nausea"}, 3),
        ({"tachycardia", "slow_refill", "itch", "belly"}, 3),
        ({"cough", "hoarse", "itch"}, 4),  # two systems are not three
        ({"hives"}, 4),
        ({"fast_breathing"}, 4),
        (set(), 5),
    ],
)
def test_signs_have_the_level_of_the_definition(signs, level):
    assert judge(ANAPHYLAXIS, COURSE | signs).level == level


def test_without_a_sudden_beginning_that_got_worse_no_level_is_met():
    found = judge(ANAPHYLAXIS, {"hives", "wheeze", "sudden"})
    assert found.level == 4 and found.absent == ("rapid",)


def test_what_is_missing_is_the_shortest_way_to_a_better_level():
    found = judge(ANAPHYLAXIS, COURSE | {"hives"})
    assert found.next_level == 2
    assert [n.systems for n in found.missing] == [("cardiovascular", "respiratory")]
    assert judge(ANAPHYLAXIS, COURSE | {"hives", "wheeze"}).missing == ()


ticks = st.sets(st.sampled_from([t.code for t in ANAPHYLAXIS.ticks]))


@given(ticks, ticks)
def test_another_sign_never_makes_it_less_sure(some, more):
    assert judge(ANAPHYLAXIS, some | more).level <= judge(ANAPHYLAXIS, some).level


def test_a_sign_that_the_definition_does_not_know_is_refused():
    with pytest.raises(ValueError, match="green_skin"):
        judge(ANAPHYLAXIS, {"green_skin"})


NOON = datetime(2021, 6, 17, 3, tzinfo=UTC)


def about(**changes):
    known = {
        "event": "fever",
        "serious": False,
        "died": False,
        "at": {"received": NOON, "noticed": NOON},
        "done": {},
    }
    return About(**known | changes)


def test_deadlines_follow_from_the_place_and_the_case():
    vn = reference_data.jurisdiction("/VN-13/")
    serious = clocks(vn, about(serious=True))
    assert [c.deadline.code for c in serious] == ["report_severe", "investigate", "regulator"]
    assert serious[0].due == NOON + timedelta(hours=24)
    assert serious[0].deadline.standing is Standing.LAW
    assert [c.deadline.code for c in clocks(vn, about())] == ["report_other"]
    death = clocks(reference_data.jurisdiction("/CN-14/"), about(serious=True, died=True))
    assert death[0].due == NOON + timedelta(hours=2)
    assert reference_data.jurisdiction("/IS/").code == "default"


def test_the_safety_file_and_the_vocabulary_name_the_same_things():
    file = reference_data.safety_file()
    deadlines = [d for j in file.jurisdictions for d in j.deadlines]
    begin = {"received", "noticed", CaseNoteKind.RED_FLAG, CaseNoteKind.SERIOUS}
    assert {d.done for d in deadlines} <= set(CaseNoteKind)
    assert {d.since for d in deadlines} <= begin
    assert set(KnownEvent) <= {e.code for e in file.events}


def test_a_red_flag_starts_the_clock_of_a_call_and_the_call_ends_it():
    of = reference_data.jurisdiction("/IS/")
    at = {"received": NOON, "noticed": NOON, "red_flag": NOON + timedelta(hours=3)}
    call = next(c for c in clocks(of, about(at=at)) if c.deadline.code == "callback")
    assert call.due == NOON + timedelta(hours=4)
    done = about(at=at, done={"called": (NOON + timedelta(hours=5),)})
    ended = next(c for c in clocks(of, done) if c.deadline.code == "callback")
    assert ended.late(NOON + timedelta(days=9)) and not ended.reached(NOON + timedelta(days=9))


def test_someone_above_is_told_at_half_four_fifths_and_the_end():
    clock = clocks(reference_data.jurisdiction("/IS/"), about(serious=True))[0]  # 24 hours
    for hours, shares in ((11, ()), (12, (0.5,)), (20, (0.5, 0.8)), (24, (0.5, 0.8, 1.0))):
        assert clock.reached(NOON + timedelta(hours=hours)) == shares
    assert not clock.late(NOON + timedelta(hours=24))
    assert clock.late(NOON + timedelta(hours=24, seconds=1))


SOUND = {"dose_before_event": True, "diagnosis_valid": True}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"dose_before_event": False}, CausalClass.INELIGIBLE),
        ({"diagnosis_valid": False}, CausalClass.INELIGIBLE),
        ({"other_cause": True, "product_known": True, "in_window": True}, CausalClass.C),
        ({"product_known": True, "in_window": True}, CausalClass.A1),
        ({"quality_defect": True, "in_window": True}, CausalClass.A2),
        ({"error": True, "in_window": True}, CausalClass.A3),
        ({"anxiety": True, "in_window": True}, CausalClass.A4),
        ({"product_known": True, "in_window": False, "against": True}, CausalClass.C),
        ({"fits_in_time": True}, CausalClass.B1),
        ({"fits_in_time": True, "speaks_against": True}, CausalClass.B2),
        ({"speaks_for": True, "speaks_against": True}, CausalClass.B2),
        ({}, CausalClass.UNCLASSIFIABLE),
        (
            {
                "other_cause": False,
                "product_known": False,
                "in_window": False,
                "fits_in_time": False,
            },
            CausalClass.C,
        ),
    ],
)
def test_answers_lead_to_a_class(said, expected):
    assert classify(Answers(**SOUND | said)).classification is expected


def test_what_has_to_be_found_out_is_named():
    found = classify(Answers(**SOUND, other_cause=False))
    assert found.missing == ("product_known", "in_window", "fits_in_time")
    assert set(KOREAN) == set(CausalClass)


def test_kappa_is_that_of_the_textbook():
    # Cohen 1960-like table: 45 + 25 of 100 agree, margins 60/40 and 55/45 -> kappa 0.38
    pairs = [("A", "A")] * 45 + [("A", "C")] * 15 + [("C", "A")] * 10 + [("C", "C")] * 30
    found = agreement(pairs)
    chance = 0.6 * 0.55 + 0.4 * 0.45
    assert found.kappa == pytest.approx((0.75 - chance) / (1 - chance))
    assert found.low < found.kappa < found.high
    assert agreement([("C", "C")] * 5).kappa is None
    assert agreement([]).kappa is None


def test_who_still_waits_counts_with_the_time_so_far():
    over = [Waited(m, True) for m in (2.0, 3.0, 4.0, 10.0)]
    assert times(over, 5.0).median == 3.0
    waiting = [*over, *(Waited(30.0, False) for _ in range(4))]
    found = times(waiting, 5.0)
    assert found.median == 10.0 and found.p90 is None  # half are there; nine of ten nobody knows
    assert found.within.value == 3 / 8
    fresh = times([*over, Waited(1.0, False)], 5.0)
    assert fresh.within.value == 3 / 4  # it may still be in time
    assert times([Waited(1.0, False)], 5.0).median is None


def test_teams_are_enough_that_few_calls_find_all_busy():
    assert teams_needed(0, 45) == 1
    assert teams_needed(2.0, 30, 0.01) == 5  # one erlang: B(4) = 0.0154, B(5) = 0.0031
    with pytest.raises(ValueError):
        teams_needed(1, 0)


def test_red_flags_are_signs_that_do_not_wait_and_care_that_was_sought():
    assert diary.red_flags(diary.Answer(well=False, symptoms=("pain", "fever"), care="none")) == ()
    found = diary.red_flags(diary.Answer(well=False, symptoms=("chest",), care="doctor"))
    assert found == ("chest", "doctor")


def test_a_rate_has_both_ends_of_what_the_silent_might_have_had():
    found = diary.rate(100, 60, 6)
    assert (found.least, found.most) == (0.06, 0.46)
    assert found.among_answers.value == 0.1
    assert diary.rate(0, 0, 0).most == 1.0


def test_every_event_of_the_catalogue_has_its_names_and_its_window():
    for event in reference_data.safety_file().events:
        assert set(event.name) == {"en", "ko", "zh-hans", "vi"}, event.code
        assert event.window.days >= 1
        assert not event.rates or event.source
    for rate in (r for e in reference_data.safety_file().events for r in e.rates):
        assert rate.low <= rate.mid <= rate.high
