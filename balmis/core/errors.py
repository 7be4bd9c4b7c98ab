"""What can go wrong, in four kinds; each carries a reason a person can act on."""

from typing import Any

from balmis.core.vocabulary.reasons import Refused


class BalmisError(Exception):
    """Shown to the person without a traceback."""

    exit_code = 1


class Refusal(BalmisError):
    """A rule said no. `reason` has wording in every language; `facts` fill it in."""

    exit_code = 3

    def __init__(self, reason: Refused, **facts: Any) -> None:
        self.reason = reason
        self.facts = facts
        super().__init__(reason.value, facts)


class NotAllowed(BalmisError):
    """This actor may not do this."""

    exit_code = 4


class Conflict(BalmisError):
    """Something changed meanwhile; look again."""

    exit_code = 5


class Unusable(BalmisError):
    """A file, folder or server that the program needs cannot be used."""

    exit_code = 6


class BadInput(BalmisError):
    """The input has problems; nothing was written. `problems` lists each with its place. `facts` fill in
    the `{names}` of the message, which pages translate before."""

    exit_code = 7

    def __init__(self, message: str, problems: tuple[str, ...] = (), **facts: object) -> None:
        self.problems = problems
        self.message, self.facts = message, facts
        super().__init__(message.format(**facts) if facts else message)
