"""Sign-ins: who is signed in where; seen, locked while nobody touches the desk, and over."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest

from balmis.contexts.access.models import SignIn
from balmis.core.access.rules import LONGEST
from balmis.core.vocabulary.access import SignInEnd, SignInMeans

SEEN_EVERY = timedelta(seconds=30)  # no sooner is it noted again that somebody is there


@dataclass(frozen=True, slots=True)
class Browser:
    """Where somebody signs in: the browser's own word, its address, what it says of itself."""

    word: str
    client: str
    agent: str = ""
    language: str = ""  # of its page


def start(
    user_id: int, means: SignInMeans, browser: Browser, *, locks_after: timedelta, now: datetime
) -> int:
    """Of one person there is one on a browser: an older one is over."""
    before = _open().filter(user_id=user_id, browser=browser.word)
    before.update(ended_at=now, end=SignInEnd.REPLACED)
    return SignIn.objects.create(
        user_id=user_id,
        means=means,
        browser=browser.word,
        client=browser.client,
        agent=browser.agent[:200],
        at=now,
        seen_at=now,
        locks_after=locks_after,
    ).pk


def _open() -> QuerySet[SignIn]:
    return SignIn.objects.filter(ended_at__isnull=True)


def find(key: int) -> SignIn | None:
    return SignIn.objects.filter(pk=key).first()


def find_to_change(key: int) -> SignIn | None:
    found = SignIn.objects.select_for_update(of=("self",)).select_related("user")
    return found.filter(pk=key).first()


def is_over(sign_in: SignIn, *, now: datetime) -> bool:
    return sign_in.ended_at is not None or now >= sign_in.at + LONGEST


def is_locked(sign_in: SignIn, *, now: datetime) -> bool:
    return sign_in.locked_at is not None or now >= sign_in.seen_at + sign_in.locks_after


def note_seen(sign_in: SignIn, *, now: datetime) -> None:
    """Somebody does something; written now and then only."""
    if now - sign_in.seen_at >= SEEN_EVERY:
        SignIn.objects.filter(pk=sign_in.pk, seen_at__lt=now).update(seen_at=now)


def lock(key: int, *, now: datetime) -> None:
    _open().filter(pk=key, locked_at__isnull=True).update(locked_at=now)


def unlock(sign_in: SignIn, *, now: datetime) -> None:
    """The wrong ones before stay counted: they are so many for the whole sign-in."""
    seen = Greatest(F("at"), now)  # another server's clock may have been ahead when they signed in
    SignIn.objects.filter(pk=sign_in.pk).update(seen_at=seen, locked_at=None)


def show_factor(key: int, means: SignInMeans) -> None:
    """A second factor was shown within the sign-in."""
    SignIn.objects.filter(pk=key).update(means=means)


def count_wrong(sign_in: SignIn) -> None:
    SignIn.objects.filter(pk=sign_in.pk).update(wrong=F("wrong") + 1)


def end(keys: Iterable[int], why: SignInEnd, *, now: datetime) -> int:
    """How many were open until now."""
    return _open().filter(pk__in=list(keys)).update(ended_at=now, end=why)


def end_of_user(user_id: int, *, but: int | None = None, now: datetime) -> int:
    """All that are open, but the one from which it is done; how many."""
    found = _open().filter(user_id=user_id)
    if but is not None:
        found = found.exclude(pk=but)
    return found.update(ended_at=now, end=SignInEnd.ENDED)


def open_of_user(user_id: int, *, now: datetime) -> list[SignIn]:
    """The newest first."""
    found = _open().filter(user_id=user_id, at__gt=now - LONGEST)
    return list(found.order_by("-seen_at"))


def open_on_browser(word: str, *, now: datetime) -> list[SignIn]:
    """Who can come back there without a whole sign-in; who was there last comes first."""
    found = _open().filter(browser=word, at__gt=now - LONGEST, user__is_active=True)
    return list(found.select_related("user").order_by("-seen_at"))


def forget(*, before: datetime) -> int:
    """Those that are over are kept no longer; what happened stands in the trail."""
    return SignIn.objects.filter(Q(ended_at__lt=before) | Q(at__lt=before - LONGEST)).delete()[0]
