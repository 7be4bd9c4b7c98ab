"""Labels of the day at the site, for pages. The words themselves stand in `core.vocabulary.clinic`."""

from django.utils.translation import gettext_lazy as _

from balmis.core.vocabulary.clinic import DoseFlag

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
        "The dose is dated before the person was born. Check the person and the date."
    ),
    DoseFlag.NOT_CLEARED: _(
        "The check before the needle was red and no doctor's decision is recorded. Review the dose."
    ),
    DoseFlag.OVERRIDDEN: _(
        "Someone decided otherwise than the check before the needle. Review the reason they gave."
    ),
    DoseFlag.LOT_HELD: _("The lot was on hold on that day. Review the dose with a doctor."),
    DoseFlag.TWICE_TODAY: _(
        "A second dose was given on the same day. Review the dose with a doctor."
    ),
    DoseFlag.NO_VISIT: _(
        "The dose was recorded without a visit: no questions and no consent are on record. Review it."
    ),
}
