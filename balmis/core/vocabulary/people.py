"""Words of people: sex, traits, likeness, registrations."""

from enum import StrEnum


class Sex(StrEnum):
    FEMALE = "F"
    MALE = "M"
    UNKNOWN = "U"


class BirthPrecision(StrEnum):
    """How well a birth date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    ABOUT = "about"  # a year that somebody guesses


class TraitKind(StrEnum):
    """What is known of a person beside age, sex and home, as far as a plan needs it."""

    FACILITY = "facility"  # works or lives at a kind of facility
    OCCUPATION = "occupation"
    UNIT = "unit"  # belongs to an enrolling organisation
    CONDITION = "condition"
    FLAG = "flag"  # anything else a register marks


class DetailKind(StrEnum):
    """What is kept of a person that no rule asks for."""

    ADDRESS = "address"  # the line under which mail finds them; the area is a fact of its own
    GUARDIAN = "guardian"  # who speaks for a minor, or for somebody who cannot
    GUARDIAN_RELATION = "guardian_relation"  # to the person, as it was told
    GUARDIAN_PHONE = "guardian_phone"  # E.164


class Likeness(StrEnum):
    """How much two records of people are alike."""

    EXACT = "exact"  # one person
    NEAR = "near"  # perhaps: someone looks
    OTHER = "other"


class RegistrationStatus(StrEnum):
    """What became of someone who registered without a number."""

    STATED = "stated"  # the code is not back yet
    REVIEW = "review"  # one address has registered many: the registration desk decides
    NEAR = "near"  # has a provisional record, and may be a known person: the desk decides
    KNOWN = "known"  # is one of the register
    NEW = "new"  # is not; has a provisional record


class Proof(StrEnum):
    """How it is known that an address is the person's own. Number, name and birthday prove nothing."""

    LETTER = "letter"  # a code from it came with the code of the person's letter
    DESK = "desk"  # said at a registration desk
    LISTED = "listed"  # the authority's own list gives it
    OWN = "own"  # the record was made from there: it holds only what they said themselves
    CLAIMED = "claimed"  # by somebody who knew number, or name and birthday


class ListedStatus(StrEnum):
    """What became of a row of a list that changes somebody."""

    MADE = "made"
    WAITING = "waiting"  # it changes who they are: somebody looks first
    REJECTED = "rejected"
    UNDONE = "undone"
