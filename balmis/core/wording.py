"""Each reason in words: what happened and what to do next.

English here; the other languages stand in the message catalogues, which take their
messages from this file. `{names}` are filled in from the refusal's facts.
"""

from balmis.core.vocabulary import Reason


def gettext_noop(text: str) -> str:
    """Marks a message for translation; the pages translate it."""
    return text


REASONS: dict[Reason, str] = {
    Reason.TOO_YOUNG: gettext_noop(
        "The person was younger than the product's label allows. Review the dose with a doctor."
    ),
    Reason.TOO_SOON: gettext_noop(
        "The dose was given before the shortest interval had passed. Review whether it counts."
    ),
    Reason.LOT_EXPIRED: gettext_noop(
        "The lot had expired on the day of the dose. Review the dose and check the shelf."
    ),
    Reason.STOCK_SHORT: gettext_noop(
        "The stock book of the site went below zero with this dose. Count the shelf."
    ),
    Reason.BORN_AFTER_DOSE: gettext_noop(
        "The dose is dated before the person was born. Check the person and the date."
    ),
    Reason.SHORT_OF_STOCK: gettext_noop(
        "{site} holds {left} doses of lot {lot}, fewer than the {asked} to be moved. "
        "Count the shelf, or move fewer."
    ),
    Reason.LOT_OF_OTHER_PRODUCT: gettext_noop(
        "Lot {lot} is not a lot of {product}. Check the vial's label."
    ),
    Reason.ALREADY_CORRECTED: gettext_noop("This dose was taken back before. Look at its history."),
    Reason.DAY_NOT_OVER: gettext_noop("{day} is not over yet. Close it after 24:00 local time."),
    Reason.ALREADY_CLOSED: gettext_noop(
        "{day} is closed. Later facts appear as a restatement; the frozen figures stay."
    ),
    Reason.PLAN_UNKNOWN: gettext_noop(
        "There is no campaign '{campaign}'. See 'balmis campaign list', or load its file first."
    ),
    Reason.REGISTER_EXISTS: gettext_noop(
        "The register '{register}' exists already. Nothing was changed."
    ),
    Reason.REQUEST_REUSED: gettext_noop(
        "The request id {request_id} was used for something else. Send a new one."
    ),
    Reason.DAY_OUTSIDE: gettext_noop(
        "{day} is not a day of the campaign: it began on {first}, and today is {last}."
    ),
    Reason.NOT_KNOWN: gettext_noop(
        "Not known here: {what} {key}. Check how it is written, or load it first."
    ),
}


def in_words(reason: Reason, facts: dict[str, object]) -> str:
    """The English wording with its facts filled in."""
    return REASONS[reason].format_map({k: str(v) for k, v in facts.items()})
