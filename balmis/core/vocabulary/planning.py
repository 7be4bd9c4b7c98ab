"""Words of planning."""

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
