"""Registrations: people who came without a number, until somebody decides who they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hmac import compare_digest

from django.db.models import Q

from balmis.contexts.people.contacts import digest_of, fresh_code
from balmis.contexts.people.models import Person, Register, Registration
from balmis.contexts.people.queries import canonical
from balmis.contexts.places.models import Area
from balmis.core.people.likeness import Identity, compare, plain
from balmis.core.people.made_number import fresh_number
from balmis.core.policy import IdentityPolicy
from balmis.core.vocabulary.people import BirthPrecision, Likeness, RegistrationStatus, Sex


def registered_by(address: str) -> int:
    """How many new records an address has made."""
    made = [RegistrationStatus.NEW.value, RegistrationStatus.NEAR.value]
    return Registration.objects.filter(address=address, status__in=made).count() if address else 0


def perhaps_known(person_ids: Iterable[int]) -> set[int]:
    """Of these people those who registered by name and are like a known person, until the desk has decided."""
    found = Registration.objects.filter(
        person__in=list(person_ids), status=RegistrationStatus.NEAR.value
    )
    return set(found.values_list("person", flat=True))


def forget_unproven(*, now: datetime) -> int:
    """Registrations whose code never came back are not kept."""
    old = Registration.objects.filter(
        status=RegistrationStatus.STATED.value, made_at__lt=now - timedelta(days=1)
    )
    return old.delete()[0]


@dataclass(frozen=True, slots=True)
class Scope:
    """For which campaign somebody registers, in which area, by whose policy."""

    slug: str
    area: Area
    policy: IdentityPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What someone says of themselves, without a number."""

    name: str
    born: date
    sex: Sex
    area: str  # code of the home area
    address: str  # phone or e-mail; may be empty at a desk
    language: str


def keep_registration(
    stated: Stated, place: Scope, address: str, *, secret: bytes, now: datetime
) -> tuple[Registration, str]:
    """A registration with the address as it is written to, and the code that proves it."""
    made = Registration.objects.create(
        scope=place.slug,
        name=stated.name,
        born=stated.born,
        sex=stated.sex.value,
        area=place.area,
        address=address,
        language=stated.language,
        made_at=now,
        digest=b"",
        status=RegistrationStatus.STATED.value,
    )
    text = fresh_code()
    digest = digest_of(text, f"registration {made.pk}", secret)
    expires = now + timedelta(minutes=place.policy.code_minutes)
    Registration.objects.filter(pk=made.pk).update(digest=digest, expires_at=expires)
    return made, text


def use_code(
    registration_id: int, text: str, policy: IdentityPolicy, *, secret: bytes, now: datetime
) -> Registration | None:
    """The registration, locked, if the code is right; else one of its tries is gone."""
    row = Registration.objects.select_for_update(of=("self",)).select_related("area")
    found = row.filter(pk=registration_id, status=RegistrationStatus.STATED.value).first()
    if found is None or not found.expires_at or found.expires_at <= now:
        return None
    if found.tries >= policy.code_tries:
        return None
    right = digest_of(text, f"registration {found.pk}", secret)
    if not compare_digest(bytes(found.digest), right):
        Registration.objects.filter(pk=found.pk).update(tries=found.tries + 1)
        return None
    return found


def lock_registration(registration_id: int, scope: str) -> Registration | None:
    """A registration of the scope that waits for a decision, locked."""
    row = Registration.objects.select_for_update(of=("self",)).select_related("area")
    return row.filter(pk=registration_id, scope=scope, status__in=WAITING).first()


def await_review(row: Registration) -> None:
    Registration.objects.filter(pk=row.pk).update(
        status=RegistrationStatus.REVIEW.value, digest=b""
    )


def earlier_person(scope: str, row: Registration) -> Person | None:
    """Whose an earlier registration of the same words from the same address is: the record that it made,
    or whom the desk, with the document before it, found it to be."""
    if not row.address:
        return None
    found = Registration.objects.filter(
        scope=scope, address=row.address, born=row.born, person__isnull=False
    ).select_related("person__area", "person__register")
    same = [r.person for r in found.order_by("-pk")[:5] if plain(r.name) == plain(row.name)]
    return canonical(same[0]) if same and same[0] else None


def near_to(scope: str, identity: Identity) -> list[Registration]:
    """Registrations that wait for a decision and state exactly this person, the oldest first."""
    found = Registration.objects.filter(
        scope=scope, status=RegistrationStatus.NEAR.value, born=identity.born
    ).select_related("area", "person")
    return [r for r in found.order_by("pk") if compare(stated(r), identity) is Likeness.EXACT]


MOST_SHOWN = 50
WAITING = [RegistrationStatus.REVIEW.value, RegistrationStatus.NEAR.value]


def to_review(scope: str, paths: list[str]) -> tuple[int, list[Registration]]:
    """How many registrations wait for a decision, and the oldest of them."""
    below = Q(pk__in=[])
    for path in paths:
        below |= Q(area__path__startswith=path)
    found = Registration.objects.filter(below, scope=scope, status__in=WAITING)
    oldest = found.select_related("area").order_by("made_at", "pk")[:MOST_SHOWN]
    return found.count(), list(oldest)


def decide(
    row: Registration,
    status: RegistrationStatus,
    person: Person | None,
    *,
    actor: str,
    now: datetime,
) -> None:
    Registration.objects.filter(pk=row.pk).update(
        status=status.value, person=person, decided_by=actor, decided_at=now, digest=b""
    )


def stated(row: Registration) -> Identity:
    return Identity(
        name=row.name,
        born=row.born,
        area=row.area.path,
        sex=row.sex,
        numbers=frozenset(n for n in (row.national_id,) if n),
        precision=BirthPrecision(row.born_precision),
        national_id=row.national_id,
    )


def provisional_person(row: Registration, *, synthetic: bool, now: datetime) -> Person:
    """A record for someone who is in no register; the photo document is looked at when they come.

    Among synthetic residents it is one of them: real and invented people never mix.
    """
    register, _ = Register.objects.get_or_create(
        code="provisional-synthetic" if synthetic else "provisional",
        defaults={
            "title": "Registered by themselves",
            "provisional": True,
            "made_at": now,
            "synthetic": synthetic,
        },
    )
    number = row.national_id or None
    if number and Person.objects.filter(register=register, national_id=number).exists():
        number = None  # another record has it: somebody looks which is whose
    return Person.objects.create(
        register=register,
        external_id=fresh_number(),
        national_id=number,
        name=row.name,
        born=row.born,
        born_precision=row.born_precision,
        sex=row.sex,
        area=row.area,
    )
