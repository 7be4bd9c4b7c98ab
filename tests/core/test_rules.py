"""The small rules: spacing, completing a course, drawing stock, coverage, groups, cells."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balmis.core.campaigns.bands import parse_band
from balmis.core.campaigns.groups import Description, GroupRule, first_group
from balmis.core.refusal_texts import in_words
from balmis.core.reporting.coverage import Denominator, coverage, pace
from balmis.core.reporting.suppression import holds_small, rows_to_hide
from balmis.core.schedule.primary_course import completes_course
from balmis.core.schedule.spacing import judge, step_for
from balmis.core.spreadsheet_cells import neutral, read_date
from balmis.core.supply.draw_flags import drawing_flags
from balmis.core.vocabulary.clinic import DoseFlag, DoseKind
from balmis.core.vocabulary.people import Sex, TraitKind
from balmis.core.vocabulary.reasons import Refused

DAYS = st.dates(date(1940, 1, 1), date(2021, 12, 31))


@given(DAYS, st.integers(0, 400), st.integers(0, 90), st.integers(0, 400))
def test_a_dose_is_too_soon_exactly_when_it_breaks_interval_and_grace(born, first, interval, gap):
    previous = born + timedelta(days=first + 20_000)
    step = step_for(min_age_years=12, min_interval_days=interval)

    verdict = judge(step, born=born, previous=previous, given=previous + timedelta(days=gap))

    assert (DoseFlag.TOO_SOON in verdict.reasons) == (gap < interval - step.grace)
    assert DoseFlag.TOO_YOUNG not in verdict.reasons
    assert judge(step, born=born, previous=previous, given=verdict.due).reasons == ()


@given(DAYS, st.integers(-30, 30))
def test_a_person_is_too_young_exactly_when_age_and_grace_are_not_reached(born, off):
    step = step_for(min_age_years=12, min_interval_days=21)
    verdict = judge(step, born=born, previous=None, given=born + timedelta(days=step.min_age + off))
    assert (verdict.reasons == (DoseFlag.TOO_YOUNG,)) == (off < -step.grace)


def test_a_day_before_birth_is_flagged_and_nothing_else_is_judged():
    step = step_for(min_age_years=12, min_interval_days=21)
    verdict = judge(step, born=date(2021, 6, 1), previous=None, given=date(2021, 5, 31))
    assert verdict.reasons == (DoseFlag.BORN_AFTER_DOSE,)


def test_dates_out_of_order_are_the_callers_mistake():
    with pytest.raises(ValueError, match="out of order"):
        judge(
            step_for(min_age_years=1, min_interval_days=1),
            born=date(1950, 1, 1),
            previous=date(2021, 2, 2),
            given=date(2021, 2, 1),
        )


@pytest.mark.parametrize(
    ("kind", "primary_doses", "completes"),
    [
        (DoseKind.PRIMARY_1, 2, False),
        (DoseKind.PRIMARY_2, 2, True),
        (DoseKind.PRIMARY_1, 1, True),
        (DoseKind.PRIMARY_3, 2, True),
        (DoseKind.AFTER_INFECTION, 2, True),
        (DoseKind.BOOSTER_1, 1, False),
    ],
)
def test_which_dose_completes_the_course(kind, primary_doses, completes):
    assert completes_course(kind, primary_doses=primary_doses) is completes


def test_a_lot_may_be_used_through_its_expiry_date():
    day = date(2021, 6, 17)
    assert drawing_flags(expires_on=day, given=day, left=Decimal(0)) == ()
    assert drawing_flags(expires_on=day, given=day + timedelta(1), left=Decimal(-1)) == (
        DoseFlag.LOT_EXPIRED,
        DoseFlag.STOCK_SHORT,
    )


@given(st.integers(0, 2000), st.integers(0, 1000))
def test_coverage_above_its_denominator_is_kept_and_marked(people, base):
    reached = coverage(people, Denominator(base, {"en": "Residents"}, date(2021, 1, 1), "plan"))
    assert reached.above_denominator == (people > base)
    assert reached.share == (people / base if base else None)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(-10, 400))
def test_the_needed_pace_reaches_the_target_and_one_less_does_not(needed, done, days):
    day = date(2021, 6, 17)
    result = pace(needed=needed, done=done, day=day, by=day + timedelta(days=days), last_week=0)
    left = max(0, needed - done)
    if days <= 0:
        assert result.needed_a_day == (None if left else 0)
    else:
        assert result.needed_a_day is not None and result.needed_a_day * days >= left
        assert left == 0 or (result.needed_a_day - 1) * days < left


ROWS = st.lists(
    st.fixed_dictionaries({"doses": st.integers(0, 60), "covered": st.integers(0, 60)}), max_size=9
)


@given(ROWS, st.booleans())
def test_what_is_left_out_cannot_be_worked_out_from_the_sum(rows, nested):
    hidden = rows_to_hide(rows, nested=nested)

    assert all(i in hidden for i, row in enumerate(rows) if holds_small(row, nested=nested))
    left = [row for i, row in enumerate(rows) if i not in hidden and any(row.values())]
    if hidden and left:  # there was something left to hide as well
        sums = {name: sum(rows[i][name] for i in hidden) for name in ("doses", "covered")}
        assert len(hidden) >= 2 and not holds_small(sums, nested=nested)


def test_nothing_is_left_out_without_need():
    assert rows_to_hide([{"n": 0}, {"n": 7}, {"n": 5}]) == set()
    assert rows_to_hide([{"n": 3}, {"n": 7}, {"n": 50}]) == {0, 1}
    assert rows_to_hide([{"doses": 103, "covered": 100}, {"doses": 9, "covered": 9}]) == {0, 1}


def test_a_group_takes_whom_its_description_fits_and_the_first_wins():
    rules = [
        GroupRule(
            "staff",
            (
                Description(
                    age_from=19, age_to=None, sex=None, trait=(TraitKind.FACILITY, "hospital")
                ),
            ),
        ),
        GroupRule("old", (Description(age_from=65, age_to=None, sex=None, trait=None),)),
    ]
    works = frozenset({(TraitKind.FACILITY, "hospital")})
    assert first_group(rules, age=70, sex=Sex.FEMALE, traits=works) == "staff"
    assert first_group(rules, age=70, sex=Sex.FEMALE, traits=frozenset()) == "old"
    assert first_group(rules, age=18, sex=Sex.MALE, traits=works) is None


@pytest.mark.parametrize(("text", "band"), [("0-9", (0, 9)), ("80+", (80, None))])
def test_age_bands(text, band):
    assert parse_band(text) == band


@pytest.mark.parametrize("text", ["9-0", "a-b", "", "10", "-5"])
def test_what_is_no_age_band(text):
    with pytest.raises(ValueError):
        parse_band(text)


@pytest.mark.parametrize(
    ("text", "day_first", "day"),
    [
        ("1950-05-03", False, date(1950, 5, 3)),
        ("03/05/1950", True, date(1950, 5, 3)),
        ("03/05/1950", False, date(1950, 3, 5)),
        ("18386", False, date(1950, 5, 3)),
        ("19500503", False, date(1950, 5, 3)),
        ("1950-05-03 00:00:00", False, date(1950, 5, 3)),
        ("3.5.1950", True, date(1950, 5, 3)),
    ],
)
def test_dates_as_lists_write_them(text, day_first, day):
    assert read_date(text, day_first=day_first) == day


@pytest.mark.parametrize("text", ["", "soon", "31/02/1950", "1950-13-01", "5"])
def test_what_is_no_date(text):
    with pytest.raises(ValueError):
        read_date(text, day_first=True)


@pytest.mark.parametrize("text", ["=1+1", "@sum", "+cmd|x", "-1+2", "\tx"])
def test_what_a_spreadsheet_would_run_is_neutralised(text):
    assert neutral(text) == "'" + text


@pytest.mark.parametrize("text", ["-12", "+3.5", "plain", "김철수"])
def test_what_a_spreadsheet_would_not_run_stays(text):
    assert neutral(text) == text


@pytest.mark.parametrize("reason", list(Refused))
def test_every_reason_has_its_words(reason):
    names = (
        "site left lot asked product day campaign register request_id dose what key first last "
        "opens products least most at why minutes have status team unit since office"
    ).split()
    told = in_words(reason, dict.fromkeys(names, "X"))
    assert told and "{" not in told
