"""Second factors: an authenticator app, and codes for who has lost it.

An app's codes follow RFC 6238 (30 seconds, six digits, SHA-1, as every app has them): one step of the
clock to either side is taken, and no step twice. Its secret is sealed with a key of the installation.
"""

import base64
import hmac
import secrets
import unicodedata
from datetime import datetime
from hashlib import sha256

import pyotp
from cryptography.fernet import Fernet

from balmis.contexts.access.models import Factor, RecoveryCode, User
from balmis.core.errors import BadInput
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.access import FactorKind, SignInMeans

CODES = 10
SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is read as another
LENGTH = 10  # signs of a recovery code: 49 bits
AROUND = (0, -1, 1)  # steps of 30 seconds beside the present one


def new_secret() -> str:
    """For an app that is to be added: 160 bits, in base 32."""
    return pyotp.random_base32()


def address_for_app(secret: str, username: str) -> str:
    """What the picture for the app says."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name="Balmis")


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step of the clock whose code it is."""
    if not code.isascii():
        return None
    app = pyotp.TOTP(secret)
    present = app.timecode(now)
    for step in (present + by for by in AROUND):
        if hmac.compare_digest(app.generate_otp(step), code):
            return step
    return None


def plain(code: str) -> str:
    """As it is compared: people type spaces and capitals."""
    typed = unicodedata.normalize("NFKC", code)
    return "".join(typed.split()).replace("-", "").lower()


def add_app(user_id: int, secret: str, code: str, *, key: bytes, now: datetime) -> Factor:
    """The app shows the code that it should. Raises BadInput."""
    step = _step_of(secret, plain(code), now)
    if step is None:
        raise BadInput(
            gettext_noop("This is not the app's code now. Wait for its next one and try again."),
            ("code",),
        )
    User.objects.select_for_update().get(pk=user_id)
    if Factor.objects.filter(user_id=user_id, kind=FactorKind.APP).exists():
        raise BadInput(gettext_noop("You have an app already. Take it off first."))
    return Factor.objects.create(
        user_id=user_id,
        kind=FactorKind.APP,
        name="",
        secret=_box(key).encrypt(secret.encode()),
        count=step,
        added_at=now,
    )


def take_code(user_id: int, code: str, *, key: bytes, now: datetime) -> SignInMeans | None:
    """The app's code, or one of the recovery codes, each good once; None: it is neither."""
    code = plain(code)
    app = Factor.objects.select_for_update().filter(user_id=user_id, kind=FactorKind.APP).first()
    if app is not None:
        step = _step_of(_box(key).decrypt(bytes(app.secret)).decode(), code, now)
        if step is not None and step > app.count:
            Factor.objects.filter(pk=app.pk).update(count=step, used_at=now)
            return SignInMeans.APP
    fresh = RecoveryCode.objects.filter(
        user_id=user_id, digest=_digest(code, key), used_at__isnull=True
    )
    return SignInMeans.RECOVERY_CODE if fresh.update(used_at=now) else None


def new_recovery_codes(user_id: int, *, key: bytes) -> list[str]:
    """Those of before are void. They are shown this once."""
    codes = ["".join(secrets.choice(SIGNS) for _ in range(LENGTH)) for _ in range(CODES)]
    RecoveryCode.objects.filter(user_id=user_id).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user_id=user_id, digest=_digest(code, key)) for code in codes
    )
    return codes


def recovery_codes_left(user_id: int) -> int:
    return RecoveryCode.objects.filter(user_id=user_id, used_at__isnull=True).count()


def of_user(user_id: int) -> list[Factor]:
    return list(Factor.objects.filter(user_id=user_id).order_by("added_at"))


def has_any(user_id: int) -> bool:
    return Factor.objects.filter(user_id=user_id).exists()


def remove(user_id: int, factor_id: int) -> FactorKind | None:
    """None when there is no such one. With the last factor the recovery codes go."""
    found = Factor.objects.filter(user_id=user_id, pk=factor_id).first()
    if found is None:
        return None
    found.delete()
    if not has_any(user_id):
        RecoveryCode.objects.filter(user_id=user_id).delete()
    return FactorKind(found.kind)


def remove_all(user_id: int) -> int:
    """For who has lost them; how many there were."""
    RecoveryCode.objects.filter(user_id=user_id).delete()
    return Factor.objects.filter(user_id=user_id).delete()[0]


def _digest(code: str, key: bytes) -> str:
    return hmac.new(key, code.encode(), sha256).hexdigest()


def _box(key: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(key))
