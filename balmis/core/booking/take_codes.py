"""What the database answers when a place is asked for; the numbers stand in its functions."""

from enum import IntEnum

from balmis.core.vocabulary.reasons import Reason


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


REFUSALS: dict[Answer, Reason] = {
    Answer.ALREADY_BOOKED: Reason.ALREADY_BOOKED,
    Answer.SOLD_OUT: Reason.SOLD_OUT,
    Answer.REQUEST_REUSED: Reason.REQUEST_REUSED,
    Answer.NOT_OPEN_YET: Reason.NOT_OPEN_YET,
    Answer.NO_PLACE: Reason.NOT_KNOWN,
    Answer.AGAIN: Reason.SOLD_OUT,
    Answer.OTHER_OF_PARTY: Reason.OTHER_OF_PARTY,
    Answer.OVER: Reason.BOOKING_OVER,
    Answer.MERGED: Reason.PASS_UNUSABLE,
}
