"""Excursions, the mean kinetic temperature, the stability budget, and the files of loggers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balmis.core.coldchain.excursions import TemperatureReading, excursions, gaps, ordered
from balmis.core.coldchain.loggers import read_logger
from balmis.core.coldchain.mean_kinetic_temperature import mean_kinetic
from balmis.core.coldchain.stability import Curve, advise
from balmis.core.errors import BadInput
from balmis.core.vocabulary.coldchain import Advice, Side, Source
from balmis.core.vocabulary.supply import Storage
from balmis.flows.coldchain.stability import stability_of

T0 = datetime(2021, 6, 17, 0, tzinfo=UTC)
COLD = Storage.REFRIGERATED


def curve(
    *celsius: float, every: int = 10, source: Source = Source.LOGGER
) -> list[TemperatureReading]:
    """Readings at equal steps of minutes."""
    return [
        TemperatureReading(T0 + timedelta(minutes=n * every), c, source)
        for n, c in enumerate(celsius)
    ]


def test_an_excursion_has_its_times_its_peak_and_its_degree_minutes():
    (found,) = excursions(curve(6, 10, 10, 6), COLD)
    # crosses 8 °C halfway up and halfway down: 5 + 10 + 5 minutes, area 5 + 20 + 5
    assert (found.began_at, found.minutes) == (T0 + timedelta(minutes=5), 20)
    assert (found.side, found.peak, found.degree_minutes, found.ended) == (Side.WARM, 10, 30, True)
    assert not found.alarm


def test_too_cold_is_found_and_freezing_for_an_hour_is_an_alarm():
    (cool,) = excursions(curve(5, 1, 1, 5), COLD)
    assert (cool.side, cool.peak, cool.alarm) == (Side.COLD, 1, False)
    (froze,) = excursions(curve(5, *([-2] * 8), 5), COLD)
    assert froze.alarm
    (warm,) = excursions(curve(5, *([9] * 62), 5), COLD)
    assert warm.alarm and warm.minutes > 600


def test_what_nobody_read_is_not_made_up():
    readings = [*curve(9, 9), TemperatureReading(T0 + timedelta(hours=5), 9, Source.LOGGER)]
    found = excursions(readings, COLD)
    assert [e.ended for e in found] == [False, False]
    assert sum(e.minutes for e in found) == 10
    assert len(gaps(readings)) == 1 and mean_kinetic(readings) is None
    by_hand = curve(4, 9, 4, every=720, source=Source.MANUAL)
    assert gaps(by_hand) == [] and len(excursions(by_hand, COLD)) == 1


@given(st.lists(st.floats(-20, 30), min_size=2, max_size=60))
def test_inside_and_outside_make_up_the_whole_time(values):
    readings = curve(*values)
    found = excursions(readings, COLD)
    total = (readings[-1].at - readings[0].at) / timedelta(minutes=1)
    assert sum(e.minutes for e in found) <= total + 1e-6
    assert all(e.degree_minutes >= 0 and e.began_at <= e.ended_at for e in found)
    if all(2 <= v <= 8 for v in values):
        assert found == []
    if all(v > 8 for v in values):
        assert sum(e.minutes for e in found) == pytest.approx(total)


@given(st.lists(st.floats(-20, 30), min_size=1, max_size=30), st.randoms())
def test_the_order_of_readings_changes_nothing(values, chance):
    readings = [*curve(*values), *curve(*reversed(values))]
    shuffled = list(readings)
    chance.shuffle(shuffled)
    assert ordered(shuffled, COLD) == ordered(readings, COLD)


def test_the_mean_kinetic_temperature_lies_above_the_mean():
    assert mean_kinetic(curve(5, 5, 5)) == pytest.approx(5)
    warm = mean_kinetic(curve(*([5] * 10), *([25] * 10)))
    assert warm is not None and 15 < warm < 25
    assert mean_kinetic(curve(5, -1, 5)) is None


def life(*celsius: float, every: int, ended: bool = True) -> Curve:
    return Curve([(r.at, r.celsius) for r in curve(*celsius, every=every)], ended)


@pytest.mark.parametrize(
    "product, celsius, every, advice",
    [
        ("comirnaty", (10, 10), 60, Advice.WITHIN),
        ("comirnaty", (10, 10), 180, Advice.OVER),
        ("comirnaty", (31, 31), 10, Advice.OVER),
        ("comirnaty", (-1, -1), 10, Advice.FROZEN),
        ("spikevax", (20, 20), 600, Advice.WITHIN),
        ("vaxzevria", (9, 9), 10, Advice.UNKNOWN),
        ("nothing", (9, 9), 10, Advice.UNKNOWN),
        ("comirnaty", (1, 1), 10, Advice.UNKNOWN),
        ("vaxzevria", (-5,), 10, Advice.FROZEN),
        ("comirnaty", (9,), 10, Advice.UNKNOWN),
        ("comirnaty", (31,), 10, Advice.OVER),
    ],
)
def test_the_budget_of_a_product(product, celsius, every, advice):
    assert advise(stability_of(product), [life(*celsius, every=every)])[0] is advice


def test_what_nobody_knows_the_end_of_is_never_within():
    found = advise(stability_of("comirnaty"), [life(8.3, 8.4, every=5, ended=False)])
    assert found[0] is Advice.UNKNOWN


def test_excursions_use_up_one_budget_together():
    data, once = stability_of("comirnaty"), life(10, 10, every=90)
    assert advise(data, [once])[0] is Advice.WITHIN
    assert advise(data, [once, once])[0] is Advice.OVER


def test_in_a_freezer_the_warmer_of_two_readings_counts_and_cold_is_no_alarm():
    both = [TemperatureReading(T0, -20, Source.LOGGER), TemperatureReading(T0, -10, Source.SENSOR)]
    assert ordered(both, Storage.FROZEN)[0].celsius == -10
    (found,) = excursions(curve(-20, *([-26] * 8), -20), Storage.FROZEN)
    assert found.side is Side.COLD and not found.alarm


@pytest.mark.parametrize(
    "text",
    [
        "time,temperature\n2021-06-17 09:00,5.1\n2021-06-17 09:10,9.0\n",
        "Logger 7\nInterval;10\n\nDatum;Uhrzeit Zeit;Temperatur °C\n17.06.2021;09:00;5,1\n17.06.2021;09:10;9,0\n",
        "No.\tDate/Time\tTemp(°F)\n1\t06/17/2021 9:00:00 AM\t41.2\n2\t06/17/2021 9:10:00 AM\t48.2\n",
        '"Index","Time","Celsius(°C)","Serial"\n1,2021-06-17T09:00:00+09:00,5.1,X\n2,2021-06-17T09:10:00+09:00,9.0,\n',
        "시간,온도\n2021-06-17 09:00,5.1 °C\n2021-06-17 09:10,9.0 °C\n",
    ],
)
def test_files_of_several_loggers(text):
    found = read_logger(text.encode(), time_zone="Asia/Seoul")
    assert [c for _, c in found] == [pytest.approx(5.1, abs=0.02), pytest.approx(9.0)]
    assert [at for at, _ in found] == [T0, T0 + timedelta(minutes=10)]


def test_the_hour_that_the_end_of_summer_time_repeats_is_not_lost():
    lines = [f"2021-10-31 {clock},5" for clock in ("02:40", "02:50", "02:00", "02:10", "03:00")]
    found = read_logger(("time,temperature\n" + "\n".join(lines)).encode(), time_zone="Europe/Rome")
    assert [at.hour * 60 + at.minute for at, _ in found] == [40, 50, 60, 70, 120]


def test_a_utf16_file_is_read():
    text = "time\ttemperature\n2021-06-17 09:00\t5.1\n"
    assert read_logger(text.encode("utf-16"), time_zone="Asia/Seoul") == [(T0, 5.1)]


@pytest.mark.parametrize(
    "text, problem",
    [
        (b"", "No line"),
        (b"a,b\n1,2\n", "No line"),
        (b"PK\x03\x04\0\0", "no text file"),
        (b"time,temperature\n2021-06-17 09:00,5\n2021-06-17 09:10,warm\n", "Line 3"),
        (b"time,temperature\n2021-06-17 09:00,5\nyesterday,5\n", "Line 3"),
        (b"time,temperature\n03/04/2021 09:00,5\n", "comes first"),
        (b"time,temperature\n2021-06-17 09:00,500\n", "cannot be"),
        (b"time,temperature\n2021-06-17 25:00,5\n", "Line 2"),
        (b"time,high limit \xc2\xb0C,temp \xc2\xb0C\n2021-06-17 09:00,8,5\n", "Several columns"),
        (b"time,temperature\n2021-06-17 09:00,41.2 \xc2\xb0F\n", "unit"),
        (b"time,temperature,date\n09:30,5.0\n", "Line 2"),
        (b'time,temperature\n2021-06-17 09:00,"' + b"5" * 200_000, "CSV"),
        (b"time,temperature\n2021-06-17 09:00,5" + b" " * 50_000 + b"C x\n", "No line"),
        (b"\n" * 70_000, "more than"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(text, problem):
    with pytest.raises(BadInput, match=problem):
        read_logger(text, time_zone="Asia/Seoul")
