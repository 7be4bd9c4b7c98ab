"""A second person's word for a dose against a red check: signed on the spot, and good for that dose alone."""

from datetime import datetime, timedelta

from msgspec import Struct

from balmis.core.booking.signed_text import Seal

LASTS = timedelta(minutes=30)  # from the signature to the needle


class Countersigned(Struct, frozen=True, array_like=True):
    """Who stands for it, for whom and which vial."""

    by: str  # as the trail has the name
    person: int
    product: str
    lot: str
    at: datetime

    def is_for(self, person: int, product: str, lot: str, at: datetime) -> bool:
        """Is it of this dose, shortly before the needle?"""
        same = (self.person, self.product, self.lot) == (person, product, lot)
        return same and -LASTS <= at - self.at <= LASTS


_seal = Seal(Countersigned, b"balmis.countersign.1")
sign, read = _seal.write, _seal.read
