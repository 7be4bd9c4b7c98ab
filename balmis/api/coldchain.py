"""What sensors send: the temperature of the equipment they are in."""

import time
from datetime import UTC, datetime

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.errors import HttpError
from ninja.security import HttpBearer

from balmis.contexts.coldchain import queries
from balmis.core.rate_limit import Limiter
from balmis.flows.coldchain.readings import take_sensor

MOST = 2_000  # readings at a time
REQUESTS = Limiter(burst=60, a_second=0.5)  # of a sensor


class Secret(HttpBearer):
    """The secret that was made for the sensor."""

    def authenticate(self, request: HttpRequest, token: str) -> str | None:
        sensor = queries.sensor(token)
        if sensor is None:
            return None
        if not REQUESTS.allows(sensor.pk, time.monotonic()):
            raise HttpError(429, "Too many requests of this sensor; send its readings together.")
        return token


router = Router(auth=Secret(), tags=["cold chain"])


class ReadingIn(Schema):
    at: datetime
    celsius: float


class ReadingsIn(Schema):
    readings: list[ReadingIn] = Field(min_length=1, max_length=MOST)


class ReadingsOut(Schema):
    """`known` were heard before; a sensor may send the same ones again."""

    new: int
    known: int
    refused: int  # that cannot be: of a loose wire, or of a clock that is wrong
    excursions: int  # that somebody has to decide on


@router.post("/readings", response=ReadingsOut, url_name="sensor_readings")
def sensor_readings(request: HttpRequest, sent: ReadingsIn) -> ReadingsOut:
    """Readings of the sensor's equipment, in any order. Of each minute one is kept, the farthest
    from the middle of the range."""
    rows = [(r.at, r.celsius) for r in sent.readings]
    heard = take_sensor(request.auth, rows, now=datetime.now(UTC))  # type: ignore[attr-defined]
    return ReadingsOut(
        new=heard.new, known=heard.known, refused=heard.refused, excursions=len(heard.excursions)
    )
