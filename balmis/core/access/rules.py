"""Of whom a second factor is asked, and how long a desk stays open while nobody touches it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from balmis.core.vocabulary.access import FactorRule, Role

LONGEST = timedelta(hours=12)  # from a whole sign-in to the next one: a shift
LOCKS_ELSE = timedelta(minutes=30)
LOCKS = {  # a tablet that several people share
    Role.VACCINATOR: timedelta(minutes=5),
    Role.DOCTOR: timedelta(minutes=5),
    Role.REGISTRAR: timedelta(minutes=10),
    Role.STORE_KEEPER: timedelta(minutes=10),
    Role.RESPONDER: timedelta(minutes=15),
}
ASKED = frozenset(  # who reaches beyond one site, or into a person's case
    {
        Role.PLANNER,
        Role.AREA_MANAGER,
        Role.SAFETY_OFFICER,
        Role.CLINICAL_LEAD,
        Role.FINANCE_CLERK,
        Role.AUDITOR,
    }
)
NONE = "none"


@dataclass(frozen=True, slots=True)
class SignInRules:
    """What holds in this installation."""

    asked: frozenset[Role] = ASKED
    locks: Mapping[Role, timedelta] = field(default_factory=LOCKS.copy)

    def asks(self, roles: Iterable[Role], rule: FactorRule) -> bool:
        """Must a user with these roles have a second factor?"""
        if rule is not FactorRule.BY_ROLE:
            return rule is FactorRule.ALWAYS
        return not self.asked.isdisjoint(roles)

    def locks_after(self, roles: Iterable[Role]) -> timedelta:
        """How long a desk stays open untouched: the shortest of its roles."""
        return min((self.locks.get(role, LOCKS_ELSE) for role in roles), default=LOCKS_ELSE)


def read_rules(asked: str | None, locks: str) -> SignInRules:
    """From the environment: 'planner,auditor' or 'none'; 'vaccinator=10,doctor=10' in minutes.

    Raises ValueError, which names what is wrong, for what is neither.
    """
    chosen = ASKED
    if asked is not None:
        names = [name.strip() for name in asked.split(",") if name.strip()]
        chosen = frozenset() if names == [NONE] else frozenset(map(Role, names))
    minutes = LOCKS.copy()
    for part in filter(None, (text.strip() for text in locks.split(","))):
        name, _, number = part.partition("=")
        if not (number.isascii() and number.isdigit() and 1 <= int(number) <= 720):
            raise ValueError(f"{part!r} is no role with its minutes, such as vaccinator=5")
        minutes[Role(name)] = timedelta(minutes=int(number))
    return SignInRules(chosen, minutes)
