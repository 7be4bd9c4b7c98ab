"""A signed link to one question about one day: it opens nothing else, and shows no name."""

from msgspec import Struct

from balmis.core.booking.signed_text import Seal


class Question(Struct, frozen=True, array_like=True):
    contact: int


_seal = Seal(Question, b"balmis.diary.1")
sign = _seal.write
read = _seal.read
