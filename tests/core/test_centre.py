"""Two kernels and SimPy walk the same path, to the last digit; what theory and others published."""

from dataclasses import replace

import numpy as np
import pytest

from balmis.core.planning.centre import event_loop, event_loop_simple, tandem
from balmis.core.planning.centre.layout import NEVER, Away, Draws, Line, Path, Refill, Station
from tests.core.simpy_line import run as simpy_run

FIELDS = ("entered", "reached", "began", "ended", "seated", "rose", "treated", "left")


def generated(
    seed: int, *, seats: int | None = None, parking: int | None = None
) -> tuple[Line, Draws]:
    """A centre of two to five stations, some walks, an exit desk or none; a day of 20 to 120 people."""
    chance = np.random.default_rng(seed)
    count = int(chance.integers(2, 6))
    before = int(chance.integers(1, count + 1))
    stations = tuple(
        Station(f"s{k}", int(chance.integers(1, 6)), float(chance.choice([0.0, 0.5, 1.25])))
        for k in range(count)
    )
    line = Line(stations, before, seats, parking)
    days, people = 3, int(chance.integers(20, 120))
    arrive = np.sort(chance.uniform(0, 240, (days, people)), axis=1)
    chance.shuffle(arrive, axis=1)
    arrive[chance.random((days, people)) < 0.05] = NEVER
    service = chance.gamma(2.0, 2.0, (count, days, people))
    observe = np.where(chance.random((days, people)) < 0.1, 30.0, 15.0)
    return line, Draws(arrive, service, observe)


def difference(one: Path, other: Path, draws: Draws) -> float:
    """The largest between any two timestamps of those who came."""
    came = draws.arrive < NEVER / 2
    pairs = ((getattr(one, name), getattr(other, name)) for name in FIELDS)
    return max(float(np.abs((a - b)[..., came]).max()) for a, b in pairs)


@pytest.mark.parametrize("seed", range(20))
def test_the_recursion_the_loop_and_simpy_walk_the_same_path(seed):
    line, draws = generated(seed)
    loop = event_loop.run(line, draws)
    assert difference(tandem.run(line, draws), loop, draws) == 0.0
    assert difference(simpy_run(line, draws), loop, draws) == 0.0


@pytest.mark.parametrize("seed", range(20, 40))
def test_where_limits_bind_the_loop_and_simpy_walk_the_same_path(seed):
    chance = np.random.default_rng(1000 + seed)
    line, draws = generated(
        seed, seats=int(chance.integers(1, 9)), parking=int(chance.integers(8, 40))
    )
    loop = event_loop.run(line, draws)
    assert difference(simpy_run(line, draws), loop, draws) == 0.0
    free = tandem.run(Line(line.stations, line.before_seats), draws)
    exact = tandem.fits(line, free, draws)
    for day in np.flatnonzero(exact):
        for name in FIELDS:
            came = draws.arrive[day] < NEVER / 2
            assert np.array_equal(
                getattr(free, name)[..., day, :][..., came],
                getattr(loop, name)[..., day, :][..., came],
            )
    assert (loop.seated < NEVER / 2).sum() == (draws.arrive < NEVER / 2).sum()


def with_everything(seed: int) -> tuple[Line, Draws]:
    """A generated centre whose doses are prepared, with reactions, walks of each person's own, and people
    without a car; small numbers, so that each limit binds."""
    line, draws = generated(seed)
    chance = np.random.default_rng(2000 + seed)
    shape = draws.arrive.shape
    came = draws.arrive < NEVER / 2
    ill = chance.random(shape) < 0.2
    full = replace(
        line,
        seats=int(chance.integers(2, 9)),
        parking=int(chance.integers(8, 40)),
        bays=int(chance.integers(1, 3)),
        preparers=int(chance.integers(1, 4)),
    )
    return full, replace(
        draws,
        walk=chance.exponential(0.5, draws.service.shape),
        order=np.where(came, draws.arrive - chance.uniform(0, 20, shape), NEVER),
        prepare=chance.exponential(2.0, shape),
        onset=np.where(ill, chance.gamma(2, 6, shape), NEVER),
        treat=20 + chance.exponential(10, shape),
        drives=chance.random(shape) < 0.8,
    )


@pytest.mark.parametrize("seed", range(40, 60))
def test_with_doses_reactions_walks_and_cars_all_three_walk_the_same_path(seed):
    line, draws = with_everything(seed)
    loop = event_loop.run(line, draws)
    assert difference(simpy_run(line, draws), loop, draws) < 1e-9
    free = replace(line, seats=None, parking=None, bays=None)
    roomy = tandem.run(free, draws)
    assert difference(roomy, event_loop.run(free, draws), draws) == 0.0
    assert difference(simpy_run(free, draws), roomy, draws) < 1e-9
    assert (roomy.treated[draws.arrive < NEVER / 2] < NEVER).any()


@pytest.mark.parametrize("seed", range(60, 80))
def test_with_lunches_shifts_and_refills_the_recursion_and_the_loop_walk_the_same_path(seed):
    line, draws = generated(seed)
    chance = np.random.default_rng(3000 + seed)
    away = tuple(
        tuple(
            Away(int(n), begin, begin + 30)
            for n in range(s.servers)
            for begin in chance.uniform(0, 200, 2)
            if chance.random() < 0.6
        )
        for s in line.stations
    )
    late = [
        (*a, Away(1, 220, NEVER)) if s.servers > 1 else a
        for s, a in zip(line.stations, away, strict=True)
    ]
    stations = tuple(
        replace(s, away=a, refill=Refill(int(chance.integers(3, 9)), 4.0) if n % 2 else None)
        for n, (s, a) in enumerate(zip(line.stations, late, strict=True))
    )
    line = replace(line, stations=stations)
    path = tandem.run(line, draws)
    assert difference(path, event_loop.run(line, draws), draws) == 0.0
    for station, began in zip(stations, path.began, strict=True):
        if len({a.server for a in station.away}) == station.servers == 1:
            for a in station.away:
                assert not ((began >= a.from_) & (began < a.to)).any()


@pytest.mark.parametrize("seed", range(20, 40))
def test_the_quick_loop_is_the_general_one(seed):
    chance = np.random.default_rng(1000 + seed)
    line, draws = generated(
        seed, seats=int(chance.integers(1, 9)), parking=int(chance.integers(8, 40))
    )
    doses = draws.arrive + 20 * chance.random(draws.arrive.shape)
    for ready in (None, doses):
        part = replace(line, preparers=None if ready is None else 1)
        for day in range(len(draws.arrive)):
            if event_loop_simple.can(part, draws):
                ours = event_loop_simple.walk(part, draws, day, ready)
                general = event_loop.walk_day(part, draws, day, ready)
                came = draws.arrive[day] < NEVER / 2
                assert ours[5] == general[5] == {}
                for a, b in zip(ours[:5], general[:5], strict=True):
                    assert np.array_equal(a[..., came], b[..., came])


def test_the_mean_wait_is_that_of_theory():
    """M/M/2 at a load of 0.7: 0.96078; 100 days of 4,000 people after a warm-up."""
    chance = np.random.default_rng(5)
    days, people = 100, 5_000
    arrive = np.cumsum(chance.exponential(1 / 1.4, (days, people)), axis=1)
    service = chance.exponential(1.0, (1, days, people))
    line = Line((Station("a", 2),), 1)
    path = tandem.run(line, Draws(arrive, service, np.zeros((days, people))))
    means = (path.began - path.reached)[0, :, 1_000:].mean(axis=1)
    error = 4 * means.std(ddof=1) / np.sqrt(days)
    assert means.mean() == pytest.approx(0.96078, abs=error) and error < 0.06


def test_an_empty_day_and_wrong_lines():
    line = Line((Station("a", 1),), 1, seats=2, parking=2)
    draws = Draws(np.full((2, 3), NEVER), np.ones((1, 2, 3)), np.ones((2, 3)))
    assert (event_loop.run(line, draws).left >= NEVER / 2).all()
    assert tandem.fits(line, tandem.run(line, draws), draws).all()
    for wrong in ({"before_seats": 0}, {"before_seats": 2}, {"before_seats": 1, "seats": 0}):
        with pytest.raises(ValueError, match=r"observation|below one"):
            Line((Station("a", 1),), **wrong)


def test_a_published_centre_is_reproduced():
    """E. Zaymus, vaccination centre of the University of Zilina (coursework, FRI UNIZA, 2020/21): 540
    slots a minute apart, 5 to 24 absent, 5 clerks, 6 doctors, 3 nurses; two published programs, 10,000
    days each. Times in seconds there, in minutes here."""
    chance = np.random.default_rng(2021)
    days, people = 10_000, 540
    arrive = np.tile(np.arange(people, dtype=float), (days, 1))
    absent = chance.integers(5, 25, days)
    rank = chance.random((days, people)).argsort(axis=1).argsort(axis=1)
    arrive[rank < absent[:, None]] = NEVER
    service = (
        np.stack(
            [
                chance.uniform(140, 220, (days, people)),
                chance.exponential(260, (days, people)),
                chance.triangular(20, 75, 100, (days, people)),
            ]
        )
        / 60
    )
    observe = np.where(chance.random((days, people)) < 0.95, 15.0, 30.0)
    line = Line((Station("clerk", 5), Station("doctor", 6), Station("nurse", 3)), 3)
    path = tandem.run(line, Draws(arrive, service, observe))
    came = arrive < NEVER / 2
    horizon = np.where(came, path.left, 0).max(axis=1)

    def a_day(values: np.ndarray) -> tuple[float, float]:
        """The mean over the days, and three standard errors of it."""
        return values.mean(), 3 * values.std(ddof=1) / np.sqrt(days)

    def about(values: np.ndarray, published: float, its_error: float) -> None:
        mean, error = a_day(values)
        assert mean == pytest.approx(published, abs=error + its_error)

    for k, servers, busy in ((0, 5, 0.5523), (1, 6, 0.6651), (2, 3, 0.3324)):
        about(np.where(came, service[k], 0).sum(axis=1) / horizon / servers, busy, 5e-4)
    wait = np.where(came, path.began - path.reached, 0)
    for k, queue, queue_error, seconds, error in (
        (1, 0.2088, 0.004, 13.60, 0.25),
        (2, 0.0203, 0.0004, 1.325, 0.025),
    ):
        about(wait[k].sum(axis=1) / horizon, queue, queue_error)
        about(60 * wait[k].sum(axis=1) / came.sum(axis=1), seconds, error)
    about(np.where(came, observe, 0).sum(axis=1) / horizon, 14.498, 0.005)


def test_the_mass_hub_of_new_south_wales_is_reproduced():
    """Hanly et al., BMC Health Serv Res 2022;22:1059 (doi 10.1186/s12913-022-08447-8), with the model that
    they published (CBDRH/vaccineQueue): 60 slots on each hour for 8 hours from minute 120, 2 % stay
    away; doses prepared by the hour from minute 0 on. Utilisation from minute 0 to each station's last
    departure, mean of their stored runs of the base scenario; 20 x their 20 replications."""
    chance = np.random.default_rng(1059)
    days, slots = 400, np.repeat(np.arange(120.0, 541.0, 60.0), 60)
    shape = (days, len(slots))
    arrive = np.maximum(120, slots + chance.normal(0, 5, shape))
    arrive[chance.random(shape) < 0.02] = NEVER
    arrive.sort(axis=1)  # the first dose is for who comes first
    came = arrive < NEVER / 2
    doses = np.ceil(came.sum(axis=1, keepdims=True) / 8)
    order = np.where(came, np.minimum(np.arange(shape[1]) // doses, 7) * 60, NEVER)
    service = np.stack(
        [
            low + chance.exponential(mean, shape)
            for low, mean in ((2, 1), (3, 1 / 0.7), (2, 1), (3, 1))
        ]
    )
    walk = np.stack([np.zeros(shape), *chance.exponential(0.5, (3, *shape))])
    observe = np.where(
        chance.random(shape) < 0.01,
        20 + chance.exponential(10, shape),
        chance.normal(20, 0.5, shape),
    )
    prepare = 1 + chance.exponential(1 / 3, shape)
    line = Line(
        tuple(
            Station(n, c)
            for n, c in (
                ("entrance", 4),
                ("registration", 6),
                ("assessment", 4),
                ("vaccination", 5),
            )
        ),
        4,
        preparers=2,
    )
    draws = Draws(arrive, service, observe, walk, order, prepare)
    path = tandem.run(line, draws)
    ended = [np.where(came, at, 0).max(axis=1) for at in (tandem.ready(line, draws), *path.ended)]
    published = (0.683, 0.613, 0.594, 0.600, 0.633)
    for lasts, servers, last, busy in zip(
        (prepare, *service), (2, 4, 6, 4, 5), ended, published, strict=True
    ):
        found = np.where(came, lasts, 0).sum(axis=1) / servers / last
        assert found.mean() == pytest.approx(busy, abs=0.005)
    assert came.sum(axis=1).mean() == pytest.approx(470.4, abs=0.6)  # they had 470


@pytest.mark.parametrize(
    ("stations", "room", "rate"),
    [
        (2, 0, 2 / 3),
        (3, 0, 22 / 39),
        (2, 1, 3 / 4),
        (2, 3, 5 / 6),
    ],
)
def test_lines_that_block_get_through_what_theory_says(stations, room, rate):
    """One server of mean 1 at each station, people without end, who is done waits until there is room:
    2/3 and 22/39 a minute of two and three stations (Hunt 1956), (b + 2) / (b + 3) with b places."""
    chance = np.random.default_rng(39)
    people, warm = 60_000, 1_000
    service = chance.exponential(1.0, (stations, 1, people))
    line = Line(
        tuple(Station(str(k), 1, room=room if k else None) for k in range(stations)), stations
    )
    draws = Draws(np.arange(people)[None] * 1e-6, service, np.zeros((1, people)))
    path = event_loop.run(line, draws)
    left = np.sort(path.left[0])
    assert (people - warm) / (left[-1] - left[warm]) == pytest.approx(rate, abs=0.006)
    if stations == 2 and room == 0:  # a seat is a server too
        one = Line((Station("0", 1),), 1, seats=1)
        seated = event_loop.run(one, Draws(draws.arrive, service[:1], service[1]))
        assert np.array_equal(seated.left, path.left)


@pytest.mark.parametrize("seed", range(20))
def test_rooms_that_are_never_full_change_nothing(seed):
    line, draws = generated(seed)
    chance = np.random.default_rng(4000 + seed)
    stations = tuple(
        replace(
            s, walk=0.0, room=int(chance.integers(0, 12)) if 0 < k < line.before_seats else None
        )
        for k, s in enumerate(line.stations)
    )
    line = replace(line, stations=stations)
    free, loop = tandem.run(line, draws), event_loop.run(line, draws)
    came = draws.arrive < NEVER / 2
    exact = tandem.fits(line, free, draws)
    for day in np.flatnonzero(exact):
        assert np.array_equal(free.left[day][came[day]], loop.left[day][came[day]])
    assert (loop.left[came] < NEVER / 2).all()
    waits = tandem.most_at_once
    for k, s in enumerate(stations):
        if s.room is not None:
            assert (waits(loop.reached[k], loop.began[k]) <= s.room).all()
