"""Letters with a code that only the person has."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from balmis.contexts.people.contacts import digest_of
from balmis.contexts.people.models import Letter, Person
from balmis.core.people.letter_code import make_code

BATCH = 5_000


def write_letters(
    people: Sequence[Person], scope: str, *, actor: str, secret: bytes, now: datetime
) -> Iterator[tuple[Person, str]]:
    """A new letter for each, with its code; earlier ones of the campaign are void."""
    for first in range(0, len(people), BATCH):
        part = people[first : first + BATCH]
        ids = sorted(p.pk for p in part)
        list(Person.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
        codes = [make_code() for _ in part]
        Letter.objects.filter(
            person__in=[p.pk for p in part], scope=scope, ended_at__isnull=True
        ).update(ended_at=now)
        Letter.objects.bulk_create(
            Letter(
                person=person,
                scope=scope,
                digest=_digest(code, scope, secret),
                made_at=now,
                made_by=actor,
            )
            for person, code in zip(part, codes, strict=True)
        )
        yield from zip(part, codes, strict=True)


def letter_with(code: str, scope: str, *, secret: bytes) -> Letter | None:
    """The letter that has this code and is still good."""
    found = Letter.objects.filter(digest=_digest(code, scope, secret), ended_at__isnull=True)
    return found.select_related("person__area").first()


def used_letter_with(code: str, scope: str, *, secret: bytes) -> Letter | None:
    """The letter that had this code and proved its reader; one that a newer letter made void is none."""
    found = Letter.objects.filter(digest=_digest(code, scope, secret), used=True)
    return found.select_related("person__area").first()


def use_letter(letter_id: int, *, now: datetime) -> Letter | None:
    """Once: None when it was used meanwhile, or another one was written."""
    found = Letter.objects.select_for_update(of=("self",)).select_related("person")
    letter = found.filter(pk=letter_id, ended_at__isnull=True).first()
    if letter is not None:
        Letter.objects.filter(pk=letter.pk).update(ended_at=now, used=True)
    return letter


def end_letters(person_id: int, *, now: datetime) -> None:
    """The person has proven themselves otherwise: what is printed opens nothing any more."""
    Letter.objects.filter(person=person_id, ended_at__isnull=True).update(ended_at=now)


def _digest(code: str, scope: str, secret: bytes) -> bytes:
    return digest_of(code, f"letter {scope}", secret)
