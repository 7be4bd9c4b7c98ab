"""Service times from timestamps: what went in comes out, and idle hands say nothing."""

import numpy as np
import pytest

from balmis.core.planning.centre import tandem
from balmis.core.planning.centre.layout import Draws, Line, Station
from balmis.core.planning.centre.sampling import Duration
from balmis.core.planning.centre.service_time_fit import ENOUGH, Stamp, fit, service_times


def test_the_times_of_a_busy_station_come_out_of_its_stamps():
    """One server at each of two stations, people faster than they are served: each stamp of the second is a
    service time, but those for which nobody waited."""
    chance = np.random.default_rng(3)
    people = 3_000
    arrive = np.cumsum(chance.exponential(3.0, (1, people)), axis=1)
    service = np.stack([np.full((1, people), 0.5), chance.gamma(4, 0.9, (1, people))])
    line = Line((Station("desk", 1), Station("needle", 1)), 2)
    path = tandem.run(line, Draws(arrive, service, np.zeros((1, people))))
    stamps = [
        Stamp(name, n, f"{name}-1", float(path.ended[k, 0, n]))
        for k, name in enumerate(("desk", "needle"))
        for n in range(people)
    ]
    found = service_times(stamps)
    assert set(found) == {"needle"}  # nobody knows since when people waited for the desk
    waited = (path.began[1, 0] > path.reached[1, 0] + 1e-9).sum()
    assert len(found["needle"]) == pytest.approx(waited, abs=3)
    fitted = fit("needle", found["needle"])
    assert fitted.is_enough and fitted.mean == pytest.approx(3.6, abs=3 * fitted.error)
    assert fitted.lasts.kind == "gamma" and fitted.lasts.b == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("drawn", "kind"),
    [
        (Duration("lognormal", 3.0, 0.8), "lognormal"),
        (Duration("gamma", 3.0, 0.8), "gamma"),
    ],
)
def test_the_distribution_that_was_drawn_is_found_again(drawn, kind):
    values = drawn.draw(np.random.default_rng(4), (5_000,))
    fitted = fit("x", values)
    assert fitted.lasts.kind == kind
    assert fitted.lasts.a == pytest.approx(3.0, rel=0.05) and fitted.lasts.b == pytest.approx(
        0.8, rel=0.05
    )


def test_breaks_idle_hands_and_few_times():
    stamps = [
        Stamp("desk", 1, "a", 0.0),
        Stamp("needle", 1, "n", 5.0),
        Stamp("desk", 2, "a", 9.0),
        Stamp("needle", 2, "n", 12.0),  # came when the needle was idle
        Stamp("desk", 3, "a", 10.0),
        Stamp("needle", 3, "n", 100.0),
    ]  # after lunch
    assert service_times(stamps) == {}
    assert not fit("x", [3.0] * (ENOUGH - 1)).is_enough
    assert fit("x", [3.0, 3.0]).lasts == Duration("fixed", 3.0)
    with pytest.raises(ValueError, match="two"):
        fit("x", [1.0])
