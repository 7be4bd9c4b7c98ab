"""Words of planning: how far a study is, what a plan is short of."""

from enum import StrEnum


class StudyState(StrEnum):
    """How far a study of the planning studio is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @staticmethod
    def open_ones() -> list[str]:
        return [StudyState.WAITING.value, StudyState.RUNNING.value]


class Bottleneck(StrEnum):
    """What keeps a plan from reaching more people, or kept it from what was planned."""

    SUPPLY = "supply"
    CAPACITY = "capacity"
    COLD = "cold"  # room in the cold stores
    UPTAKE = "uptake"
    PHASES = "phases"
    INTERVAL = "interval"
    PRODUCTS = "products"  # who may have which
    REST = "rest"  # there are no more people
    NO_SHOW = "no-show"
    PACE = "pace"  # doses in store were not given yet
