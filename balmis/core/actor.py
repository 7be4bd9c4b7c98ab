"""Who acts. Every flow is told; the audit trail keeps the name."""

from dataclasses import dataclass, replace
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a signed-in user, a device or the program itself."""

    name: str
    grants: frozenset[tuple[str, str]] = frozenset()  # (role, where it holds); see `access`
    trusted: bool = False  # the program itself, on the word of whoever runs it
    reason: str = ""
    request_id: UUID | None = None
    door: str = ""  # the page, call or command through which it is done
    behind: str = ""  # of a command: who of the machine's users ran it

    @classmethod
    def system(cls, task: str) -> "Actor":
        return cls(name=f"system:{task}", trusted=True)

    def because(self, reason: str) -> "Actor":
        """The same actor, with a reason for the audit trail."""
        return replace(self, reason=reason)

    def on_request(self, request_id: UUID) -> "Actor":
        return replace(self, request_id=request_id)
