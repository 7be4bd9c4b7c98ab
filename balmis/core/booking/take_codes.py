"""What the database answers when a place is asked for; the numbers stand in its functions."""

from enum import IntEnum

from balmis.core.vocabulary.reasons import Refused


class Answer(IntEnum):
    TAKEN = 0
    AS_BEFORE = 1  # the same request, answered again
    ALREADY_BOOKED = 2
    SOLD_OUT = 3
    REQUEST_REUSED = 4
    NOT_OPEN_YET = 5
    NO_PLACE = 6  # there is no such pool or booking
    AGAIN = 7  # lost a race; ask again
    OTHER_OF_PARTY = 8
    OVER = 9
    MERGED = 10  # the record is used under another one


REFUSALS: dict[Answer, Refused] = {
    Answer.ALREADY_BOOKED: Refused.ALREADY_BOOKED,
    Answer.SOLD_OUT: Refused.SOLD_OUT,
    Answer.REQUEST_REUSED: Refused.REQUEST_REUSED,
    Answer.NOT_OPEN_YET: Refused.NOT_OPEN_YET,
    Answer.NO_PLACE: Refused.NOT_KNOWN,
    Answer.AGAIN: Refused.SOLD_OUT,
    Answer.OTHER_OF_PARTY: Refused.OTHER_OF_PARTY,
    Answer.OVER: Refused.BOOKING_OVER,
    Answer.MERGED: Refused.PASS_UNUSABLE,
}
