"""The base of everything that is read from a file."""

from msgspec import Struct


class Strict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Unknown keys are errors: a misspelt key must not be a silent default."""
