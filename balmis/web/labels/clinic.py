"""Labels of the day at the site, for pages. The words themselves stand in `core.vocabulary.clinic`."""

from django.utils.translation import gettext_lazy as _

from balmis.core.vocabulary.clinic import Check, DoseFlag, StepKind
from balmis.flows.clinic.texts import question_texts
from balmis.web.labels.formats import named

FLAGS = {
    DoseFlag.TOO_YOUNG: _(
        "The person was younger than the product's label allows. Review the dose with a doctor."
    ),
    DoseFlag.TOO_SOON: _(
        "The dose was given before the shortest interval had passed. Review whether it counts."
    ),
    DoseFlag.LOT_EXPIRED: _(
        "The lot had expired on the day of the dose. Review the dose and check the shelf."
    ),
    DoseFlag.STOCK_SHORT: _(
        "The stock book of the site went below zero with this dose. Count the shelf."
    ),
    DoseFlag.BORN_AFTER_DOSE: _(
        "The dose is dated before the person was born. It is in no figure until somebody has looked."
    ),
    DoseFlag.NOT_CLEARED: _(
        "The check before the needle was red and no doctor's decision is recorded. Review the dose."
    ),
    DoseFlag.OVERRIDDEN: _(
        "Someone decided otherwise than the check before the needle. Review the reason they gave."
    ),
    DoseFlag.UNSIGNED: _(
        "It was given against a red check, and no doctor signed for it. Ask the doctor who is named."
    ),
    DoseFlag.LOT_HELD: _("The lot was on hold on that day. Review the dose with a doctor."),
    DoseFlag.TWICE_TODAY: _(
        "A second dose was given on the same day. Review the dose with a doctor."
    ),
    DoseFlag.POSSIBLE_DUPLICATE: _(
        "It looks like a dose that was told before. It is in no figure until somebody has looked."
    ),
    DoseFlag.NO_VISIT: _(
        "The dose was recorded without a visit: no questions and no consent are on record. Review it."
    ),
}

CHECKS = {
    Check.UNREGISTERED: _("registered on the desk's device, and not known to the register yet"),
    Check.DOSE_TODAY: _("a dose was recorded that day already"),
    Check.TOO_EARLY: _("too early by the schedule"),
    Check.MUST_NOT: _("must not have it by the schedule"),
    Check.UNDER_AGE: _("under age for the vaccine"),
    Check.NOTHING_DUE: _("no further dose was due"),
    Check.NOT_OFFERED: _("no open phase was for the person"),
    Check.NOT_SCREENED: _("the questions were not answered"),
    Check.WAITS_FOR_DOCTOR: _("the doctor had not decided"),
    Check.DEFERRED: _("put off"),
    Check.NEVER_THIS: _("ruled out by a doctor"),
    Check.NO_CONSENT: _("no consent"),
    Check.NO_GUARDIAN: _("a minor without a guardian's consent"),
    Check.PRODUCT_UNSUITABLE: _("another vaccine than the person may have"),
    Check.LOT_UNKNOWN: _("the lot was in no book"),
    Check.LOT_HELD: _("the lot was on hold"),
    Check.LOT_EXPIRED: _("the lot had expired"),
    Check.VIAL_OVER: _("the vial had been open for too long"),
    Check.VIAL_EMPTY: _("the vial was empty by the count"),
    Check.OTHER_PRODUCT: _("another vaccine than booked"),
    Check.OTHER_SITE: _("booked elsewhere or for another day"),
    Check.LOT_NOT_HERE: _("the site had none of the lot by the book"),
    Check.EARLIER_REACTION: _("a reaction after an earlier dose"),
    Check.OPEN_CASE: _("an event after an earlier dose was not decided"),
    Check.LOT_WATCHED: _("the lot was being watched"),
    Check.PERHAPS_KNOWN: _("perhaps known by another record"),
    Check.STALE: _("the device had not heard from the server for a day"),
}


def words_of_check(check: Check) -> str:
    return str(CHECKS[check])


def words_of_reason(kind: str, reason: str) -> str:
    """Why somebody was put off: of answers, the questions that were answered with yes; else as written."""
    if kind != StepKind.SCREEN:
        return reason
    return "; ".join(named(text) for text in question_texts(reason.split(", "))) or reason
