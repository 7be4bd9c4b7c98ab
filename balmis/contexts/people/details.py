"""What is kept of people and no rule asks for: where they live, and who speaks for a minor."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from balmis.contexts.people.models import Detail, ListImport, Person
from balmis.core.vocabulary.people import DetailKind


def details(person_id: int) -> dict[str, Detail]:
    """By kind, in the order of the vocabulary."""
    found = {d.kind: d for d in Detail.objects.filter(person=person_id)}
    return {kind.value: found[kind.value] for kind in DetailKind if kind.value in found}


def value_of(person_id: int, kind: str) -> str:
    found = Detail.objects.filter(person=person_id, kind=kind).values_list("value", flat=True)
    return found.first() or ""


def guardians(people: Collection[int]) -> dict[int, dict[str, str]]:
    """Who speaks for each of these people, as far as it is known: name, relation, phone."""
    rows = Detail.objects.filter(person__in=people, kind__startswith=DetailKind.GUARDIAN.value)
    found: dict[int, dict[str, str]] = {}
    for person, kind, value in rows.values_list("person_id", "kind", "value"):
        found.setdefault(person, {})[kind] = value
    return found


def keep(person_id: int, stated: Mapping[str, str], *, source: str, on: date) -> list[str]:
    """What is stated stands from now on, an empty text takes it away; returns what is different now."""
    known = {d.kind: d.value for d in Detail.objects.filter(person=person_id)}
    changed = [kind for kind, value in stated.items() if value != known.get(kind, "")]
    gone = [kind for kind in changed if not stated[kind]]
    Detail.objects.filter(person=person_id, kind__in=gone).delete()
    for kind in changed:
        if stated[kind]:
            Detail.objects.update_or_create(
                person_id=person_id,
                kind=kind,
                defaults={
                    "value": stated[kind],
                    "source": source,
                    "noted_on": on,
                    "came_with": None,
                },
            )
    return sorted(changed)


def bring_over(kept: Person, merged: Person) -> list[int]:
    """Details of a record that goes, where the kept one lacks them; their ids."""
    has = set(Detail.objects.filter(person=kept).values_list("kind", flat=True))
    lacking = Detail.objects.filter(person=merged).exclude(kind__in=has)
    made = [
        Detail.objects.create(
            person=kept, kind=d.kind, value=d.value, source=d.source, noted_on=d.noted_on
        )
        for d in lacking
    ]
    return [d.pk for d in made]


def drop(ids: Iterable[int]) -> None:
    Detail.objects.filter(pk__in=list(ids)).delete()


def forget(people: Collection[int]) -> int:
    return Detail.objects.filter(person__in=people).delete()[0]


def stated_elsewhere(people: Collection[int], taken: ListImport) -> set[int]:
    """People of whom something is kept that did not come with this list."""
    found = Detail.objects.filter(person__in=people).exclude(came_with=taken)
    return set(found.values_list("person", flat=True))
