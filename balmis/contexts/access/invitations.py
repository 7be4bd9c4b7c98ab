"""Invitations: a link with which somebody chooses a password, once, within a week."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from balmis.contexts.access.models import Invitation, User

GOOD = timedelta(days=7)


def invite(user: User, *, now: datetime) -> str:
    """The link's word, which is kept nowhere. Links of before are void."""
    Invitation.objects.filter(user=user, used_at__isnull=True).delete()
    word = secrets.token_urlsafe(24)
    Invitation.objects.create(user=user, digest=_digest(word), made_at=now, ends_at=now + GOOD)
    return word


def find(word: str, *, now: datetime) -> Invitation | None:
    """One that is still good."""
    return (
        Invitation.objects.select_related("user")
        .filter(digest=_digest(word), used_at__isnull=True, ends_at__gt=now, user__is_active=True)
        .first()
    )


def use(word: str, *, now: datetime) -> User | None:
    """None: it is not good any more."""
    found = find(word, now=now)
    if found is None:
        return None
    used = Invitation.objects.filter(pk=found.pk, used_at__isnull=True).update(used_at=now)
    return found.user if used else None


def withdraw(user_id: int) -> int:
    """Links that are not used yet lead nowhere any more; how many."""
    return Invitation.objects.filter(user_id=user_id, used_at__isnull=True).delete()[0]


def forget(*, before: datetime) -> int:
    return Invitation.objects.filter(ends_at__lt=before).delete()[0]


def _digest(word: str) -> str:
    return sha256(word.encode()).hexdigest()
