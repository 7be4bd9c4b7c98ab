"""Sign-ins: whoever guesses becomes slower, and the owner of the name is never locked out.

Three lanes, each with its own allowance: a browser in which the owner has signed in before, by the
mark that it keeps; a name from a network; and a network, whatever the names. Nothing counts by the
name alone, since whoever knows a name could close it then.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from balmis.contexts.access import allowances
from balmis.core.rate_limit import Allowed

MARKED = Allowed("sign-in of a marked browser", 8, timedelta(seconds=30))
NAMED = Allowed("sign-in of a name from a network", 8, timedelta(minutes=2))
NETWORK = Allowed("sign-in from a network", 100, timedelta(seconds=9))  # a whole office


@dataclass(frozen=True, slots=True)
class Comer:
    """Who wants to sign in: the name, the network, and the mark that the owner's browser keeps."""

    username: str
    network: str
    counted: bool  # False: one's own network, behind which everybody may stand
    mark: str = ""

    def lanes(self) -> list[tuple[Allowed, str]]:
        name = self.username.lower()[:150]
        if self.mark:
            return [(MARKED, f"{name} {self.mark}")]
        own = [(NAMED, f"{name} {self.network}")]
        return [*own, (NETWORK, self.network)] if self.counted else own


def wait_before(comer: Comer, *, now: datetime) -> timedelta | None:
    """One try is spent, in every lane; None: go on, else how long to wait."""
    for what, who in comer.lanes():
        wait = allowances.spend(what, who, now=now)
        if wait is not None:
            return wait
    return None


def forget_tries(comer: Comer) -> None:
    """It was the owner. What others did from the same network stands."""
    for what, who in comer.lanes():
        if what is not NETWORK:
            allowances.refill(what, who)
