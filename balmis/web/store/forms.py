"""What people write on the store's forms."""

from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils.translation import gettext

from balmis.core.coldchain.loggers import COLDEST, WARMEST
from balmis.core.coldchain.transit import Way
from balmis.core.errors import BadInput


def read_request_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("request_id", ""))
    except ValueError:
        raise Http404 from None


def read_doses(text: str) -> Decimal:
    """Whole doses; '1,000' is refused, for it may be one or a thousand."""
    bare = text.strip()
    if not bare.isascii() or not bare.isdigit() or len(bare) > 7:
        raise BadInput(gettext("Write the doses as a whole number, without a comma or a point."))
    return Decimal(bare)


def read_way(request: HttpRequest) -> Way | None:
    """The coldest and the warmest on the way, and for how long it was outside its range."""
    asked = request.POST
    coldest, warmest = (_degrees(asked.get(name, "")) for name in ("coldest", "warmest"))
    if coldest is None and warmest is None:
        return None
    if coldest is None or warmest is None:
        raise BadInput(gettext("Write both the coldest and the warmest on the way."))
    if coldest > warmest:
        raise BadInput(gettext("The coldest is warmer than the warmest."))
    minutes = asked.get("minutes", "").strip()
    if minutes and not (minutes.isascii() and minutes.isdigit() and len(minutes) < 7):
        raise BadInput(gettext("Write for how many minutes it was outside its range."))
    return Way(coldest, warmest, int(minutes) if minutes else None)


def _degrees(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        found = Decimal(text.strip().replace(",", ".").replace("−", "-"))
    except InvalidOperation:
        raise BadInput(gettext("Write the temperature in °C, like 5.4.")) from None
    if not (found.is_finite() and COLDEST <= found <= WARMEST):
        raise BadInput(gettext("Write the temperature in °C, like 5.4."))
    return float(round(found, 2))
