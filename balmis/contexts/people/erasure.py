"""What is forgotten of a person who asked for it; inside the caller's transaction."""

from datetime import date

from django.db.models import Q

from balmis.contexts.people.listed_changes import DETAILS, REACHED
from balmis.contexts.people.models import (
    Code,
    Contact,
    Detail,
    FormerIdentity,
    Letter,
    ListedChange,
    Merge,
    Person,
    Registration,
    Serving,
    Trait,
)
from balmis.core.vocabulary.people import BirthPrecision


def forget_reached(person_id: int) -> dict[str, int]:
    """How they are reached, where they live and who speaks for them, the codes and letters to them, what
    they wrote when they registered, and why another desk served them."""
    stated = Registration.objects.filter(person=person_id)
    for change in ListedChange.objects.filter(person=person_id):
        for said in (change.before, change.after):
            for name in {*said} & {*REACHED, *DETAILS}:
                said.pop(name)
        change.save(update_fields=["before", "after"])
    for merge in Merge.objects.filter(
        Q(kept=person_id) | Q(merged=person_id), moved__has_key="chosen_details"
    ):
        merge.moved.pop("chosen_details")
        merge.save(update_fields=["moved"])
    return {
        "servings": Serving.objects.filter(person=person_id).delete()[0],
        "contacts": Contact.objects.filter(person=person_id).delete()[0],
        "details": Detail.objects.filter(person=person_id).delete()[0],
        "codes": Code.objects.filter(person=person_id).delete()[0],
        "letters": Letter.objects.filter(person=person_id).delete()[0],
        "registrations": stated.update(name="", address="", national_id="", digest=b""),
    }


def forget_who(person: int, *, born: date) -> dict[str, int]:
    """Name and numbers; `born` is a day that tells the year alone. The record stays, and is counted."""
    Registration.objects.filter(person=person).update(born=born)
    ListedChange.objects.filter(person=person).update(before={}, after={})
    Person.objects.filter(pk=person).update(
        name="",
        romanised_name="",
        national_id=None,
        external_id=f"erased-{person}",
        born=born,
        born_precision=BirthPrecision.YEAR.value,
    )
    FormerIdentity.objects.filter(person=person).delete()
    Merge.objects.filter(Q(kept=person) | Q(merged=person)).update(reason="erased")
    for merge in Merge.objects.filter(Q(kept=person) | Q(merged=person), moved__has_key="facts"):
        merge.moved.pop("facts")
        merge.save(update_fields=["moved"])
    return {"people": 1, "traits": Trait.objects.filter(person=person).delete()[0]}
