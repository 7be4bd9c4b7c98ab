"""Each reason to refuse in words: what happened and what to do next.

English here; the other languages stand in the message catalogues, which take their
messages from this file. `{names}` are filled in from the refusal's facts.
"""

from balmis.core.vocabulary.reasons import Refused


def gettext_noop(text: str) -> str:
    """Marks a message for translation; the pages translate it."""
    return text


REASONS: dict[Refused, str] = {
    Refused.SHORT_OF_STOCK: gettext_noop(
        "{site} holds {left} doses of lot {lot}, fewer than the {asked} to be moved. "
        "Count the shelf, or move fewer."
    ),
    Refused.LOT_OF_OTHER_PRODUCT: gettext_noop(
        "Lot {lot} is not a lot of {product}. Check the vial's label."
    ),
    Refused.ALREADY_CORRECTED: gettext_noop(
        "This dose was taken back before. Look at its history."
    ),
    Refused.DAY_NOT_OVER: gettext_noop("{day} is not over yet. Close it after 24:00 local time."),
    Refused.ALREADY_CLOSED: gettext_noop(
        "{day} is closed. Later facts appear as a restatement; the frozen figures stay."
    ),
    Refused.PLAN_UNKNOWN: gettext_noop(
        "There is no campaign '{campaign}'. See 'balmis campaign list', or load its file first."
    ),
    Refused.REGISTER_EXISTS: gettext_noop(
        "The register '{register}' exists already. Nothing was changed."
    ),
    Refused.REQUEST_REUSED: gettext_noop(
        "The request id {request_id} was used for something else. Send a new one."
    ),
    Refused.DAY_OUTSIDE: gettext_noop(
        "{day} is not a day of the campaign: it began on {first}, and today is {last}."
    ),
    Refused.SOLD_OUT: gettext_noop(
        "The last place at this time has just been taken. Choose another time."
    ),
    Refused.ALREADY_BOOKED: gettext_noop(
        "There is a booking for this dose already. Move or cancel that one."
    ),
    Refused.HOLD_OVER: gettext_noop(
        "The time was no longer held for you. Choose a time again; it may still be free."
    ),
    Refused.NOT_OPEN_YET: gettext_noop(
        "Booking for this time opens on {opens}. Come back then; nothing is lost by waiting."
    ),
    Refused.PASS_UNUSABLE: gettext_noop(
        "The booking pass cannot be read. Sign in again to get a new one."
    ),
    Refused.PASS_OVER: gettext_noop(
        "The booking pass has run out. Sign in again to get a new one."
    ),
    Refused.OUTSIDE_PASS: gettext_noop(
        "This dose is possible from {first} to {last}. Choose a time between these days."
    ),
    Refused.PRODUCT_UNSUITABLE: gettext_noop(
        "The vaccine at this time is not one for you. Choose a time with one of: {products}."
    ),
    Refused.PAIR_TOO_CLOSE: gettext_noop(
        "The second dose must be {least} to {most} days after the first. Choose another day for it."
    ),
    Refused.OTHER_OF_PARTY: gettext_noop(
        "Not all of these bookings were possible, so none was made. Choose again for all."
    ),
    Refused.NOT_YOUR_TURN: gettext_noop(
        "It is not your turn to book yet. Stay in the waiting room: it lets you in by itself."
    ),
    Refused.NOT_DUE: gettext_noop("No dose can be booked now: {why}"),
    Refused.TOO_MANY_TRIES: gettext_noop(
        "Too many tries. Wait {minutes} minutes, or call the booking line."
    ),
    Refused.NO_MORE_CODES: gettext_noop(
        "No more codes can be sent by text message now. Use an e-mail address, or call the booking line."
    ),
    Refused.CODE_WRONG: gettext_noop(
        "The code is not right or has run out. Check it, or ask for a new one."
    ),
    Refused.OVER_LIMIT: gettext_noop(
        "{site} has {have} {what} free at that time, fewer than the {asked} of this session. "
        "Lower the number, or choose another time."
    ),
    Refused.ALREADY_PUBLISHED: gettext_noop(
        "The session is published already. Change its size instead; the page shows whom it affects."
    ),
    Refused.BOOKING_OVER: gettext_noop(
        "This booking has ended already ({status}). Look at the person's bookings."
    ),
    Refused.QUOTA_USED: gettext_noop(
        "The unit's block has {left} places left, fewer than the {asked} chosen. Choose fewer people."
    ),
    Refused.CAMPAIGN_OVER: gettext_noop(
        "The campaign ended on {day}. Nobody joins a unit any more."
    ),
    Refused.LINK_OVER: gettext_noop(
        "This link is not good any more. Ask whoever gave it to you for a new one."
    ),
    Refused.UNIT_FULL: gettext_noop(
        "The list of {unit} is full, so you were not added. Tell whoever gave you the link."
    ),
    Refused.NOT_KNOWN: gettext_noop(
        "Not known here: {what} {key}. Check how it is written, or load it first."
    ),
    Refused.LOT_ON_HOLD: gettext_noop(
        "Lot {lot} is on hold: {why}. Take another lot; the hold ends when a decision is recorded."
    ),
    Refused.OPEN_CASE: gettext_noop(
        "An event after an earlier dose has not been decided yet. The safety desk calls you; you can "
        "book as soon as it is."
    ),
    Refused.AFTER_REACTION: gettext_noop(
        "After the reaction to an earlier dose a doctor decides about the next one. Please call the "
        "booking line."
    ),
    Refused.GROUP_ON_HOLD: gettext_noop(
        "The vaccines that you may have are not given to people of your age just now, until they have "
        "been looked at again. You can book as soon as that is decided."
    ),
    Refused.TEAM_BUSY: gettext_noop(
        "{team} is at another incident. Send another team, or end that incident first."
    ),
    Refused.SIGNED_ALREADY: gettext_noop(
        "You have signed this hold already. A hard hold needs a second person."
    ),
    Refused.NOT_BLIND: gettext_noop(
        "You have assessed this case already. Somebody else gives the second assessment."
    ),
    Refused.HOLD_NOT_STANDING: gettext_noop(
        "This hold is {status} and cannot be changed so. Look at it again."
    ),
    Refused.NOT_STOPPED_BY: gettext_noop(
        "This hold does not stop this site: nothing that it holds is or was there, or is to be given "
        "there. A site speaks against what stops itself."
    ),
    Refused.APPEAL_OPEN: gettext_noop(
        "This site asked on {since} already, and {office} has not answered yet. The answer will stand "
        "beside the hold."
    ),
    Refused.DAY_UNEXPLAINED: gettext_noop(
        "The day cannot be closed: {what}. Count again, or record what became of the doses."
    ),
}


def in_words(reason: Refused, facts: dict[str, object]) -> str:
    """The English wording with its facts filled in."""
    return REASONS[reason].format_map({k: str(v) for k, v in facts.items()})
