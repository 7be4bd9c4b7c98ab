"""A signed link by which a person stops messages; it says who and of which campaign, and opens
nothing else."""

from msgspec import Struct

from balmis.core.booking.signed_text import Seal


class Stop(Struct, frozen=True, array_like=True):
    person: int
    campaign: int | None = None
    until: int = 0  # seconds since 1970; links of an earlier form are over


_seal = Seal(Stop, b"balmis.stop.1")
sign = _seal.write
read = _seal.read
