"""A site with a lot and people who may be vaccinated."""

from datetime import date

import pytest

from tests import make
from tests.databases import world


@pytest.fixture
def hall(committed):
    return world(_hall)


def _hall():
    make.campaign()
    lot = make.lot(doses=12, expires=date(2021, 12, 31))
    people = [make.person(n) for n in (1, 2, 3)]
    make.enrol()
    return lot, people
