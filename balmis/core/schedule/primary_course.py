"""Does this dose complete the primary course?

A course is complete with as many primary doses as the product's label asks for
(WHO EUL product information), or with the single dose that national programmes
allowed after an infection (for Italy: Ministero della Salute, circular 8284 of 2021-03-03).
"""

from balmis.core.vocabulary.clinic import DoseKind


def completes_course(kind: DoseKind, *, primary_doses: int) -> bool:
    if kind is DoseKind.AFTER_INFECTION:
        return True
    return not kind.is_booster and kind.number >= primary_doses
