"""How a person is reached, and the codes that prove it."""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F

from balmis.contexts.people.models import Code, Contact, Person
from balmis.core.policy import IdentityPolicy
from balmis.core.vocabulary.people import Proof


def keep_contact(
    person: Person,
    *,
    phone: str = "",
    email: str = "",
    language: str,
    proof: Proof = Proof.DESK,
    now: datetime,
) -> Contact:
    """How the person is reached from now on."""
    contact, _ = Contact.objects.update_or_create(
        person=person,
        defaults={
            "phone": phone,
            "email": email,
            "language": language,
            "proof": proof.value,
            "updated_at": now,
        },
    )
    return contact


def drop_address(person_id: int, *, now: datetime) -> None:
    """Nothing is sent any more; that someone wanted no messages is not forgotten."""
    known = Contact.objects.filter(person=person_id)
    known.filter(tell=True).delete()
    known.update(phone="", email="", updated_at=now)


def choose_messages(person_id: int, *, tell: bool, language: str | None, now: datetime) -> None:
    chosen = {"language": language} if language else {}
    Contact.objects.filter(person=person_id).update(tell=tell, updated_at=now, **chosen)


def make_code(
    person: Person,
    address: str,
    policy: IdentityPolicy,
    *,
    claim: UUID,
    secret: bytes,
    now: datetime,
) -> str:
    """A fresh six-digit code for the person, beside those that other browsers asked for."""
    text = fresh_code()
    Code.objects.create(
        person=person,
        claim=claim,
        address=address,
        digest=digest_of(text, person.pk, secret),
        made_at=now,
        expires_at=now + timedelta(minutes=policy.code_minutes),
    )
    return text


def use_code(
    claim: UUID, text: str, policy: IdentityPolicy, *, secret: bytes, now: datetime
) -> tuple[int, str] | None:
    """The person and the address that the code was sent to, if it is one that this browser asked for
    and right; a code is used once. None: wrong, and one of the tries of each is gone."""
    asked = Code.objects.select_for_update().filter(
        claim=claim, used_at__isnull=True, expires_at__gt=now, tries__lt=policy.code_tries
    )
    found = list(asked.order_by("-pk"))
    for code in found:
        digest = digest_of(text, code.person_id, secret)
        if hmac.compare_digest(bytes(code.digest), digest):
            Code.objects.filter(claim=claim, used_at__isnull=True).update(used_at=now)
            return code.person_id, code.address
    Code.objects.filter(pk__in=[c.pk for c in found]).update(tries=F("tries") + 1)
    return None


def whose_codes(claim: UUID, *, now: datetime) -> list[int]:
    """Whom a code would name that this browser may still enter."""
    live = Code.objects.filter(claim=claim, used_at__isnull=True, expires_at__gt=now)
    return list(live.order_by("person").values_list("person", flat=True).distinct())


def forget_codes(*, before: datetime) -> int:
    """Codes that are long over; returns how many."""
    return Code.objects.filter(expires_at__lt=before).delete()[0]


def fresh_code() -> str:
    return f"{secrets.randbelow(1_000_000):06}"


def digest_of(text: str, whose: object, secret: bytes) -> bytes:
    """All that is kept of a code."""
    return hmac.digest(secret, f"{whose}:{text}".encode(), "sha256")


def reached(people: Sequence[int]) -> int:
    """How many of these people have a phone or mail and want to be told."""
    return len(told_of(people))


def told_of(people: Sequence[int]) -> set[int]:
    """Which of these people have a phone or mail and want to be told."""
    found = Contact.objects.filter(person_id__in=people, tell=True)
    return set(found.values_list("person_id", flat=True))


def contact(person_id: int) -> Contact | None:
    """How the person is reached; None when no address is on file."""
    return Contact.objects.filter(person_id=person_id).exclude(phone="", email="").first()


def is_shared(contact: Contact) -> bool:
    """Are several people told at this phone?"""
    others = Contact.objects.filter(phone=contact.phone, tell=True).exclude(pk=contact.pk)
    return bool(contact.phone) and others.exists()


def proven_contact(person_id: int) -> Contact | None:
    """How the person is reached, if it is known to be theirs."""
    found = contact(person_id)
    return found if found is not None and found.proof != Proof.CLAIMED else None


def languages(people: Sequence[int]) -> dict[int, str]:
    """In which language each of these people wants to be spoken to, of those who said."""
    found = Contact.objects.filter(person__in=people)
    return dict(found.values_list("person", "language"))


def phones(people: Sequence[int]) -> dict[int, str]:
    found = Contact.objects.filter(person__in=people).exclude(phone="")
    return dict(found.values_list("person", "phone"))
