"""How good a password is: by how soon somebody who guesses would have it."""

from typing import Any

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


class GuessValidator:
    """For Django's list of validators: lists of known passwords, names, patterns of keys, years,
    repetitions, in one estimate (Wheeler, zxcvbn, USENIX Security 2016)."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(str(TOO_LONG), code="too_long")
        named = (
            getattr(user, name, "") for name in ("username", "first_name", "last_name", "email")
        )
        own, rest = [text.casefold() for text in named if len(text) > 2], password.casefold()
        for text in own:  # one's own names, however often, are nothing
            rest = rest.replace(text, "")
        tried = {password[:LOOKED_AT], rest[:LOOKED_AT] or "a"}
        if any(zxcvbn(text, user_inputs=own)["score"] < LEAST for text in tried):
            raise ValidationError(str(TOO_WEAK), code="guessed_soon")

    def get_help_text(self) -> str:
        return gettext(
            "Several words that do not belong together are easy to keep and hard to guess."
        )
