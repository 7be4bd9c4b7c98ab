"""Each finding of a schedule in words, for the person or the one who asks.

English here; the other languages stand in the message catalogues, which take their messages
from this file. `{day}`, `{phase}` and `{last}` are filled in where they stand.
"""

from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.schedule import DoseStatus, Eligibility, Finding, SeriesStatus

FINDINGS: dict[Finding, str] = {
    Finding.TOO_YOUNG: gettext_noop("Given before the youngest age at which it counts."),
    Finding.AGE_GRACE: gettext_noop("Given a few days before the planned age; it counts."),
    Finding.TOO_OLD: gettext_noop("Given after the oldest age for this dose."),
    Finding.TOO_SOON: gettext_noop("Given too soon after an earlier dose; it must be repeated."),
    Finding.INTERVAL_GRACE: gettext_noop(
        "Given a few days before the planned interval; it counts."
    ),
    Finding.SHORT_INTERVAL_ALLOWED: gettext_noop(
        "The interval was shorter than planned, but allowed; it counts."
    ),
    Finding.CONFLICT: gettext_noop("Given too soon after another vaccine that weakens it."),
    Finding.INADVERTENT: gettext_noop("This vaccine was given by mistake for this dose."),
    Finding.PRODUCT_NOT_ALLOWED: gettext_noop("This vaccine does not count for this dose."),
    Finding.PRODUCT_WRONG_AGE: gettext_noop("This vaccine does not count at this age."),
    Finding.PRODUCT_UNKNOWN: gettext_noop("The schedule does not know this vaccine."),
    Finding.LOW_VOLUME: gettext_noop("Less than the full volume was given."),
    Finding.OTHER_THAN_SHOULD: gettext_noop(
        "Another manufacturer or product than should follow; it counts all the same."
    ),
    Finding.OTHER_THAN_MUST: gettext_noop("Another manufacturer or product than must follow."),
    Finding.SERIES_DONE: gettext_noop("The course was complete before; this dose was not needed."),
    Finding.LOT_EXPIRED: gettext_noop("The lot had expired on the day of the dose."),
    Finding.DOSE_SPOILT: gettext_noop("The dose was recalled, too weak or stored wrongly."),
    Finding.BEFORE_BIRTH: gettext_noop("The dose is dated before the person was born."),
    Finding.DUE: gettext_noop("The next dose can be given now."),
    Finding.DUE_LATER: gettext_noop("The next dose can be given from {day}."),
    Finding.OVERDUE: gettext_noop("The next dose is overdue; it should have been given by {last}."),
    Finding.COMPLETE: gettext_noop("All doses of the schedule have been given."),
    Finding.IMMUNE: gettext_noop("The person is known to be immune; no dose is needed."),
    Finding.CONTRAINDICATED: gettext_noop(
        "The vaccine must not be given to this person. Ask a doctor."
    ),
    Finding.DEFERRED: gettext_noop("The next dose must wait for reasons of health, until {day}."),
    Finding.AGED_OUT: gettext_noop("The person is older than this schedule is for."),
    Finding.CANNOT_FINISH: gettext_noop(
        "The next dose would come after the oldest age for it; none is planned."
    ),
    Finding.SEASON_OVER: gettext_noop("The season for this dose is over."),
    Finding.PROTECTED: gettext_noop("Earlier doses protect enough; none is recommended now."),
    Finding.NO_SERIES: gettext_noop("No schedule is for a person like this."),
    Finding.PHASE_LATER: gettext_noop("The phase '{phase}' opens on {day}."),
    Finding.PHASE_UNDATED: gettext_noop("The phase '{phase}' has no opening day yet."),
    Finding.PHASE_OVER: gettext_noop("The phase '{phase}' is over."),
    Finding.NO_PHASE: gettext_noop("No phase of the campaign is for this person or this dose yet."),
    Finding.GROUP_DEFERRED: gettext_noop("The plan has put this person's group off for now."),
    Finding.NO_PRODUCT: gettext_noop("No vaccine now in use suits this person."),
}
DEFERRED_WITHOUT_END = gettext_noop(
    "The next dose must wait for reasons of health; until when is not known."
)
DOSE_STATUSES = {
    DoseStatus.VALID: gettext_noop("counts"),
    DoseStatus.NOT_VALID: gettext_noop("does not count"),
    DoseStatus.EXTRANEOUS: gettext_noop("was not needed"),
    DoseStatus.SUBSTANDARD: gettext_noop("must be repeated"),
}
SERIES_STATUSES = {
    SeriesStatus.NOT_COMPLETE: gettext_noop("not complete"),
    SeriesStatus.COMPLETE: gettext_noop("complete"),
    SeriesStatus.IMMUNE: gettext_noop("immune"),
    SeriesStatus.CONTRAINDICATED: gettext_noop("contraindicated"),
    SeriesStatus.AGED_OUT: gettext_noop("aged out"),
    SeriesStatus.NOT_RECOMMENDED: gettext_noop("not recommended"),
}
ELIGIBILITIES = {
    Eligibility.ELIGIBLE: gettext_noop("may have the next dose now"),
    Eligibility.NOT_YET: gettext_noop("may have the next dose later"),
    Eligibility.NO_DATE: gettext_noop("later, on a day not yet known"),
    Eligibility.NOT_INVITED: gettext_noop("not invited by the campaign's phases"),
    Eligibility.DONE: gettext_noop("needs no further dose"),
    Eligibility.EXCLUDED: gettext_noop("must not be given a dose"),
}


def finding_in_words(finding: Finding, **facts: object) -> str:
    """The English wording; what is not known stands as '?'."""
    if finding is Finding.DEFERRED and not facts.get("day"):
        return DEFERRED_WITHOUT_END
    known = {"day": "?", "last": "?", "phase": "?"}
    known |= {k: str(v) for k, v in facts.items() if v is not None}
    return FINDINGS[finding].format_map(known)
