"""Which priority group takes a person first?

A group is known by one or more descriptions; a person who fits any of them is in it.
A description asks for an age range, a trait, or both. Groups are tried in the plan's
order, so that everyone is counted once; who fits several is in the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from balmis.core.vocabulary.people import Sex, TraitKind

Traits = frozenset[tuple[TraitKind, str]]


@dataclass(frozen=True, slots=True)
class Description:
    """All that is stated must hold. Ages are completed years, both ends included."""

    age_from: int = 0
    age_to: int | None = None
    sex: Sex | None = None
    trait: tuple[TraitKind, str] | None = None

    def fits(self, *, age: int, sex: Sex, traits: Traits) -> bool:
        return (
            self.age_from <= age
            and (self.age_to is None or age <= self.age_to)
            and (self.sex is None or sex is self.sex)
            and (self.trait is None or self.trait in traits)
        )


@dataclass(frozen=True, slots=True)
class GroupRule:
    code: str
    known_by: tuple[Description, ...]


def first_group(rules: Sequence[GroupRule], *, age: int, sex: Sex, traits: Traits) -> str | None:
    """The code of the first group that takes the person; None if none does."""
    for rule in rules:
        if any(d.fits(age=age, sex=sex, traits=traits) for d in rule.known_by):
            return rule.code
    return None
