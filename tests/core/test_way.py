"""What follows from how warm it was on the way."""

from datetime import timedelta

import pytest

from balmis.core.coldchain.stability import Band, Stability, advise
from balmis.core.coldchain.transit import Way, curves_of, was_outside
from balmis.core.vocabulary.coldchain import Advice
from balmis.core.vocabulary.supply import Storage
from tests import make

COLD, ULTRA = Storage.REFRIGERATED, Storage.ULTRA_COLD
DATA = Stability(product="x", bands=(Band(up_to=25, hours=2),), source="made up")


@pytest.mark.parametrize(
    ("way", "storage", "outside"),
    [
        (Way(2, 8), COLD, False),
        (Way(1.9, 5), COLD, True),
        (Way(5, 8.1), COLD, True),
        (Way(-80, -70), COLD, True),
        (Way(-80, -70), ULTRA, False),
        (Way(2, 8), ULTRA, False),
        (Way(-70, 5), ULTRA, True),
    ],
)
def test_frozen_goods_travel_frozen_or_thawed(way, storage, outside):
    assert was_outside(way, storage) is outside
    assert bool(curves_of(way, make.NOON, storage)) is outside


@pytest.mark.parametrize(
    ("way", "storage", "advice"),
    [
        (Way(5, 10, 120), COLD, Advice.WITHIN),
        (Way(5, 10, 121), COLD, Advice.OVER),
        (Way(5, 26, 1), COLD, Advice.OVER),
        (Way(5, 10), COLD, Advice.UNKNOWN),
        (Way(5, 20, 0), COLD, Advice.UNKNOWN),
        (Way(-1, 5, 3), COLD, Advice.FROZEN),
        (Way(1, 5, 3), COLD, Advice.UNKNOWN),
        (Way(-70, 5, 3), ULTRA, Advice.UNKNOWN),
        (Way(5, 10, 60), ULTRA, Advice.WITHIN),
    ],
)
def test_the_worst_that_agrees_with_what_is_known_is_judged(way, storage, advice):
    assert advise(DATA, curves_of(way, make.NOON, storage))[0] is advice


def test_two_ways_use_up_one_budget():
    way = Way(5, 10, 70)
    curves = [
        *curves_of(way, make.NOON, COLD),
        *curves_of(way, make.NOON + timedelta(days=1), COLD),
    ]
    assert advise(DATA, curves)[0] is Advice.OVER


def test_the_coldest_is_not_warmer_than_the_warmest():
    with pytest.raises(ValueError, match="colder"):
        Way(5, 4)
