"""Words of campaigns: how far a part of the plan is, what a target counts."""

from enum import StrEnum


class Progress(StrEnum):
    """The state of a phase, a wave or a group in the plan."""

    PLANNED = "planned"
    OPEN = "open"
    DONE = "done"
    DEFERRED = "deferred"


class Measure(StrEnum):
    """What a target counts."""

    COVERED = "covered"  # people with at least one dose
    COMPLETED = "completed"  # people whose primary course is complete
    BOOSTED = "boosted"  # people with at least one booster dose
    DOSES = "doses"
