"""Digests of passwords in which a secret outside of the database takes part."""

from django.contrib.auth.hashers import check_password, make_password
from django.test import override_settings

from balmis.contexts.access.passwords import LEAST, strength

PLAIN = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
KEYED = "balmis.contexts.access.passwords.KeyedHasher"


def test_with_a_key_old_digests_fit_and_are_made_anew_and_no_other_key_fits():
    with override_settings(PASSWORD_HASHERS=[PLAIN, KEYED], PASSWORD_KEY=""):
        old = make_password("gravel tulip harbour")
    made = []
    with override_settings(PASSWORD_HASHERS=[KEYED, PLAIN], PASSWORD_KEY="one"):
        assert check_password("gravel tulip harbour", old, setter=made.append)
        assert made == ["gravel tulip harbour"], "it is kept anew"
        new = make_password("gravel tulip harbour")
        assert new.startswith("pbkdf2_sha256_keyed$") and check_password(
            "gravel tulip harbour", new
        )
        assert not check_password("gravel tulip", new)
    with override_settings(PASSWORD_HASHERS=[KEYED, PLAIN], PASSWORD_KEY="another"):
        assert not check_password("gravel tulip harbour", new)


def test_a_strength_is_told_while_it_is_typed():
    assert strength("password") < LEAST <= strength("gravel tulip harbour nine")
    assert strength("") == 0
