"""How a person is reached, and the codes that prove it."""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from balmis.contexts.people.models import Code, Contact, Person
from balmis.core.errors import Refusal
from balmis.core.policy import IdentityPolicy
from balmis.core.vocabulary.reasons import Reason


def keep_contact(
    person: Person,
    *,
    phone: str = "",
    email: str = "",
    language: str,
    by_name: bool = False,
    now: datetime,
) -> Contact:
    contact, _ = Contact.objects.update_or_create(
        person=person,
        defaults={
            "phone": phone,
            "email": email,
            "language": language,
            "by_name": by_name,
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


def has_contact(person_id: int) -> bool:
    """Is there an address on file?"""
    return Contact.objects.filter(person=person_id).exclude(phone="", email="").exists()


def make_code(
    person: Person, address: str, policy: IdentityPolicy, *, secret: bytes, now: datetime
) -> str:
    """A fresh six-digit code for the person. Raises Refusal(TOO_MANY_TRIES)."""
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    recent = Code.objects.filter(person=person, made_at__gt=now - timedelta(hours=1))
    if recent.count() >= policy.codes_an_hour:
        raise Refusal(Reason.TOO_MANY_TRIES, minutes=60)
    text = fresh_code()
    Code.objects.create(
        person=person,
        address=address,
        digest=digest_of(text, person.pk, secret),
        made_at=now,
        expires_at=now + timedelta(minutes=policy.code_minutes),
    )
    return text


def use_code(
    person_id: int, text: str, policy: IdentityPolicy, *, secret: bytes, now: datetime
) -> str | None:
    """The address that the code was sent to, if it is the person's newest and right; a code is
    used once. None: wrong, and one of its tries is gone."""
    newest = Code.objects.select_for_update().filter(person_id=person_id).order_by("-pk").first()
    if newest is None or newest.used_at or newest.expires_at <= now:
        return None
    if newest.tries >= policy.code_tries:
        return None
    digest = digest_of(text, person_id, secret)
    if not hmac.compare_digest(bytes(newest.digest), digest):
        Code.objects.filter(pk=newest.pk).update(tries=newest.tries + 1)
        return None
    Code.objects.filter(pk=newest.pk).update(used_at=now)
    return newest.address


def fresh_code() -> str:
    return f"{secrets.randbelow(1_000_000):06}"


def digest_of(text: str, whose: object, secret: bytes) -> bytes:
    """All that is kept of a code."""
    return hmac.digest(secret, f"{whose}:{text}".encode(), "sha256")


def reached(people: Sequence[int]) -> int:
    """How many of these people have a phone or mail and want to be told."""
    return Contact.objects.filter(person_id__in=people, tell=True).count()


def contact(person_id: int) -> Contact | None:
    """How the person is reached; None when no address is on file."""
    return Contact.objects.filter(person_id=person_id).exclude(phone="", email="").first()


def phones(people: Sequence[int]) -> dict[int, str]:
    found = Contact.objects.filter(person__in=people).exclude(phone="")
    return dict(found.values_list("person", "phone"))
