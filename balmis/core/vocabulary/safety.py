"""The words of safety work. The values are stored: never change one, add a new one."""

from enum import StrEnum


class Source(StrEnum):
    """Who told of it."""

    SITE = "site"  # seen at the site
    STAFF = "staff"  # told to a member of staff
    RESIDENT = "resident"
    DIARY = "diary"  # an answer in the follow-up diary
    LINE_LIST = "line_list"


class Serious(StrEnum):
    """Why an event is serious (ICH E2A). Without any, it is not, however severe it felt."""

    DEATH = "death"
    LIFE_THREATENING = "life_threatening"
    HOSPITAL = "hospital"  # admitted, or kept there longer
    DISABILITY = "disability"
    CONGENITAL = "congenital"
    IMPORTANT = "important"  # another event of medical importance


class Severity(StrEnum):
    """How intense it was; apart from whether it is serious."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    UNKNOWN = "unknown"


class EventEnd(StrEnum):
    """What became of the person's event."""

    RECOVERED = "recovered"
    RECOVERING = "recovering"
    SEQUELAE = "sequelae"  # recovered with lasting effects
    NOT_RECOVERED = "not_recovered"
    DIED = "died"
    UNKNOWN = "unknown"


class Certainty(StrEnum):
    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    RULED_OUT = "ruled_out"


class CaseStatus(StrEnum):
    RECEIVED = "received"
    VALID = "valid"  # patient, reporter, product and event are known
    TRIAGED = "triaged"
    INVESTIGATING = "investigating"
    AWAITING = "awaiting"  # causality
    CLASSIFIED = "classified"
    CLOSED = "closed"
    MERGED = "merged"  # into another case
    NULLIFIED = "nullified"  # was no event after a dose


class CaseNoteKind(StrEnum):
    """What happened to a case; the steps that the desk takes, and what the program notes itself."""

    TRIAGED = "triaged"
    REPORTED = "reported"  # to the authority
    CALLED = "called"  # the person
    INVESTIGATING = "investigating"
    AWAITING = "awaiting"  # ready for assessment
    SUBMITTED = "submitted"  # to the regulator
    REMARK = "remark"
    CLOSED = "closed"
    REOPENED = "reopened"
    NULLIFIED = "nullified"
    REPORT = "report"  # somebody told of it
    SERIOUS = "serious"  # the moment from which serious deadlines run
    CHANGED = "changed"
    FROM_SITE = "from_site"  # what the reaction's last word there changed
    RED_FLAG = "red_flag"  # told by the person, and does not wait
    MERGED = "merged"  # into another case
    JOINED = "joined"  # by another case
    ESCALATED = "escalated"  # a deadline runs out
    UNMERGED = "unmerged"
    LEFT = "left"  # by a case that had joined
    CLASSIFIED = "classified"


class KnownEvent(StrEnum):
    """Events that a rule knows by name; all others are data of the safety file alone."""

    ANAPHYLAXIS = "anaphylaxis"
    ALLERGIC = "allergic"
    FAINTING = "fainting"
    OTHER = "other"  # says nothing of what it was
    ANY_REPORT = "any_report"  # a sum, watched lot by lot
    ANY_SERIOUS = "any_serious"


class SignStrength(StrEnum):
    """Of a sign in a case definition (Brighton Collaboration)."""

    MAJOR = "major"
    MINOR = "minor"


class Symptom(StrEnum):
    """What a person can tick some days after a dose."""

    PAIN = "pain"
    SWELLING = "swelling"
    FEVER = "fever"
    TIRED = "tired"
    HEADACHE = "headache"
    MUSCLE = "muscle"
    NAUSEA = "nausea"
    RASH = "rash"
    BREATHING = "breathing"
    CHEST = "chest"
    FAINT = "faint"
    WEAKNESS = "weakness"
    VISION = "vision"
    OTHER = "other"


class Care(StrEnum):
    """Whom a person saw about it."""

    NONE = "none"
    PHONE = "phone"
    DOCTOR = "doctor"
    EMERGENCY = "emergency"
    HOSPITAL = "hospital"


class VitalSign(StrEnum):
    PULSE = "pulse"
    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    BREATHS = "breaths"
    OXYGEN = "oxygen"
    TEMPERATURE = "temperature"


class Treatment(StrEnum):
    """What is done for a reaction at the site."""

    ADRENALINE = "adrenaline"
    OXYGEN = "oxygen"
    LYING = "lying"
    FLUIDS = "fluids"
    SALBUTAMOL = "salbutamol"
    ANTIHISTAMINE = "antihistamine"
    STEROID = "steroid"
    RESUSCITATION = "resuscitation"
    OTHER = "other"


class Impression(StrEnum):
    """What the one who treats a reaction at the site takes it for."""

    SYNCOPE = "syncope"
    STRESS = "stress"
    ALLERGY = "allergy"
    ANAPHYLAXIS = "anaphylaxis"
    OTHER = "other"


class Disposition(StrEnum):
    """Where the person went from the chair."""

    HOME = "home"
    LONGER = "longer"  # observed longer at the site
    AMBULANCE = "ambulance"
    HOSPITAL = "hospital"  # by their own means
    DIED = "died"


class NoteKind(StrEnum):
    """What is written down while a reaction is treated."""

    SIGN = "sign"
    SIGN_GONE = "sign_gone"  # ticked by mistake
    VITALS = "vitals"
    TREATMENT = "treatment"
    IMPRESSION = "impression"
    DISPOSITION = "disposition"
    REMARK = "remark"
    STRUCK = "struck"  # an earlier note was a mistake


class TeamKind(StrEnum):
    CLINICAL = "clinical"  # minutes
    INVESTIGATION = "investigation"  # hours


class IncidentStatus(StrEnum):
    RAISED = "raised"
    DISPATCHED = "dispatched"
    ACKNOWLEDGED = "acknowledged"
    EN_ROUTE = "en_route"
    ON_SITE = "on_site"
    UNDER_CONTROL = "under_control"
    HANDED_OVER = "handed_over"
    CLOSED = "closed"
    DECLINED = "declined"  # by the team; waits for another
    STOOD_DOWN = "stood_down"


class LookMethod(StrEnum):
    """Of what a look counts the events."""

    LOT = "lot"
    PRODUCT = "product"


class SignalStatus(StrEnum):
    RAISED = "raised"
    VALIDATED = "validated"
    ASSESSED = "assessed"
    ACTED = "acted"
    REFUTED = "refuted"


class HoldStatus(StrEnum):
    PROPOSED = "proposed"
    ACTIVE = "active"
    REVIEWED = "reviewed"  # looked at again; still in force
    LIFTED = "lifted"
    RECALLED = "recalled"  # the goods are taken back for good
    DROPPED = "dropped"  # proposed, and not wanted
    EXPIRED = "expired"

    @property
    def in_force(self) -> bool:
        return self in (HoldStatus.ACTIVE, HoldStatus.REVIEWED)


class AppealStatus(StrEnum):
    """Where a site's wish that a hold be looked at again stands."""

    OPEN = "open"
    KEPT = "kept"  # the hold stands, with the reason
    LIFTED = "lifted"  # the hold has ended
    RECALLED = "recalled"  # the hold has ended, and the goods are taken back for good


class HoldScope(StrEnum):
    LOT = "lot"
    SITE = "site"
    LOT_AT_SITE = "lot_at_site"
    PRODUCT_GROUP = "product_group"  # a product for people of an age and sex


class HoldKind(StrEnum):
    SOFT = "soft"  # the scanner warns; no new bookings or deliveries
    HARD = "hard"  # the scanner is red


class ContactStatus(StrEnum):
    """A question about how someone is, some days after a dose."""

    SCHEDULED = "scheduled"
    SENT = "sent"
    OPENED = "opened"
    COMPLETED = "completed"
    EXPIRED = "expired"
    BOUNCED = "bounced"  # nothing reaches them: the phone list


class Standing(StrEnum):
    """What a deadline rests on."""

    LAW = "law"
    GUIDANCE = "guidance"
    LOCAL = "local"


class CausalClass(StrEnum):
    """How an event relates to the vaccination (WHO, Causality assessment of an AEFI, 2018)."""

    A1 = "A1"  # the product
    A2 = "A2"  # a defect of its quality
    A3 = "A3"  # an error of immunisation
    A4 = "A4"  # anxiety about it
    B1 = "B1"  # fits in time, evidence is not enough
    B2 = "B2"  # factors speak for and against
    C = "C"  # coincides with another cause
    UNCLASSIFIABLE = "unclassifiable"
    INELIGIBLE = "ineligible"
