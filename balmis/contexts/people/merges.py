"""Merges of two records of one person, and their undoing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from balmis.contexts.people import details
from balmis.contexts.people.models import Contact, Merge, Person, Trait
from balmis.core.vocabulary.people import DetailKind, Proof


def note_merge(kept: Person, merged: Person, *, reason: str, actor: str, now: datetime) -> Merge:
    Person.objects.filter(pk=merged.pk).update(merged_into=kept)
    return Merge.objects.create(kept=kept, merged=merged, reason=reason, actor=actor, at=now)


def note_undone(merge: Merge, *, actor: str, now: datetime) -> None:
    Merge.objects.filter(pk=merge.pk).update(undone_at=now, undone_by=actor)
    Person.objects.filter(pk=merge.merged_id).update(merged_into=None)


def note_moved(merge: Merge, moved: dict[str, Any], *, settled_at: datetime | None) -> None:
    """What went over, beside what had gone before."""
    known = Merge.objects.values_list("moved", flat=True).get(pk=merge.pk)
    kinds = {**known, **{k: sorted({*known.get(k, []), *v}) for k, v in moved.items()}}
    Merge.objects.filter(pk=merge.pk).update(moved=kinds, settled_at=settled_at)


def merges_of(person_id: int) -> list[Merge]:
    """Merges into this record that stand."""
    found = Merge.objects.filter(kept=person_id, undone_at__isnull=True)
    return list(found.select_related("merged", "kept").order_by("at"))


def merge_of(merge_id: int) -> Merge | None:
    found = Merge.objects.filter(pk=merge_id, undone_at__isnull=True)
    return found.select_related("merged__area", "kept__area").first()


def merge_into_one(kept: Person, merged: Person) -> dict[str, list[Any]]:
    """Contact and what is known of the person, where the kept record lacks it; what was added. An
    address that only its own record vouches for is nobody else's."""
    moved: dict[str, list[Any]] = {"traits": [], "contact": []}
    moved["details"] = details.bring_over(kept, merged)
    has = set(Trait.objects.filter(person=kept).values_list("kind", "code"))
    for kind, code in Trait.objects.filter(person=merged).values_list("kind", "code"):
        if (kind, code) not in has:
            moved["traits"].append(Trait.objects.create(person=kept, kind=kind, code=code).pk)
    contact = Contact.objects.filter(person=merged).first()
    proven = contact is not None and contact.proof in (Proof.DESK, Proof.LETTER)
    if contact is not None and proven and not Contact.objects.filter(person=kept).exists():
        fields = {
            "phone": contact.phone,
            "email": contact.email,
            "language": contact.language,
            "tell": contact.tell,
            "proof": contact.proof,
            "updated_at": contact.updated_at,
        }
        moved["contact"].append(Contact.objects.create(person=kept, **fields).pk)
    return moved


DETAILS = tuple(kind.value for kind in DetailKind)
COLUMNS = {"born": ("born", "born_precision")}  # a day and its precision go together


def take_facts(merge: Merge, names: Sequence[str]) -> None:
    """These of the record that goes stand in the kept one from now on. `identities.acting` was called."""
    columns = [c for name in names if name not in DETAILS for c in COLUMNS.get(name, (name,))]
    before = {c: str(getattr(merge.kept, c)) for c in columns}
    after = {c: str(getattr(merge.merged, c)) for c in columns}
    Person.objects.filter(pk=merge.kept_id).update(**{c: getattr(merge.merged, c) for c in columns})
    merge.moved = {**merge.moved, "facts": [before, after]}
    chosen = [name for name in names if name in DETAILS]
    if chosen:
        was = {name: details.value_of(merge.kept_id, name) for name in chosen}
        new = {name: details.value_of(merge.merged_id, name) for name in chosen}
        details.keep(merge.kept_id, new, source=f"merge {merge.pk}", on=merge.at.date())
        merge.moved["chosen_details"] = [was, new]
    merge.save(update_fields=["moved"])


def give_back(merge: Merge) -> None:
    """What `merge_into_one` added is taken off again, and what was taken stands as it was, unless somebody
    has changed it since."""
    if facts := merge.moved.get("facts"):
        before, after = facts
        kept = Person.objects.get(pk=merge.kept_id)
        still = {c: before[c] for c in before if str(getattr(kept, c)) == after[c]}
        Person.objects.filter(pk=kept.pk).update(**still)
    if chosen := merge.moved.get("chosen_details"):
        was, new = chosen
        stays = {k: v for k, v in was.items() if details.value_of(merge.kept_id, k) == new[k]}
        details.keep(merge.kept_id, stays, source=f"merge {merge.pk} undone", on=merge.at.date())
    Trait.objects.filter(pk__in=merge.moved.get("traits", [])).delete()
    details.drop(merge.moved.get("details", []))
    given = Contact.objects.filter(person_id__in=merge.moved.get("contact", []))
    given.filter(updated_at__lte=merge.at).delete()  # what was stated since then stays


def unsettled() -> list[int]:
    """Merges that a failure has left half done."""
    found = Merge.objects.filter(undone_at__isnull=True, settled_at__isnull=True)
    return list(found.order_by("pk").values_list("pk", flat=True))


def same_trait(person_id: int, trait_id: int) -> int | None:
    """The person's own trait of the same meaning as another's."""
    other = Trait.objects.filter(pk=trait_id).values("kind", "code").first()
    found = Trait.objects.filter(person=person_id, **other) if other else Trait.objects.none()
    return found.values_list("pk", flat=True).first()
