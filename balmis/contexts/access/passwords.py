"""How good a password is: by how soon somebody who guesses would have it."""

import hmac
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy
from zxcvbn import zxcvbn

LEAST = (
    3  # of 4: safely unguessable, up to 10^10 guesses, where the digest is slow and stays inside
)
LOOKED_AT = 72  # characters; a longer one is no easier

LONGEST = 128  # characters: a sentence; more would only keep the digest busy

TOO_LONG = gettext_lazy("This password is longer than 128 signs. Take a shorter one.")
TOO_WEAK = gettext_lazy(
    "This password is guessed soon. Take several words that do not belong together."
)


class KeyedHasher(PBKDF2PasswordHasher):
    """A secret that the database does not have takes part: a copy of the database alone is not guessed at.

    With BALMIS_PASSWORD_KEY new digests are made so, and an older one at the next sign-in; without the key
    those made with it fit nothing, until their owners are invited anew.
    """

    algorithm = "pbkdf2_sha256_keyed"

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        key = str(settings.PASSWORD_KEY).encode()
        keyed = hmac.new(key, password.encode(), sha256).hexdigest()
        found: str = super().encode(keyed, salt, iterations)
        return found


def strength(password: str, user: Any = None) -> int:
    """0 to 4, as the estimate has it; 3 are enough."""
    own, rest = _without_names(password, user)
    tried = (password[:LOOKED_AT], rest[:LOOKED_AT] or "a")
    return min(int(zxcvbn(text, user_inputs=own)["score"]) for text in tried if text)


def _without_names(password: str, user: Any) -> tuple[list[str], str]:
    """The user's own names, and the password without them: however often, they are nothing."""
    named = (getattr(user, name, "") for name in ("username", "first_name", "last_name", "email"))
    own, rest = [text.casefold() for text in named if len(text) > 2], password.casefold()
    for text in own:
        rest = rest.replace(text, "")
    return own, rest


class GuessValidator:
    """For Django's list of validators: lists of known passwords, names, patterns of keys, years,
    repetitions, in one estimate (Wheeler, zxcvbn, USENIX Security 2016)."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(str(TOO_LONG), code="too_long")
        if strength(password, user) < LEAST:
            raise ValidationError(str(TOO_WEAK), code="guessed_soon")

    def get_help_text(self) -> str:
        return gettext(
            "Several words that do not belong together are easy to keep and hard to guess."
        )
