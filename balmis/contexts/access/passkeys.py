"""Passkeys (WebAuthn level 2), by Yubico's fido2: the key never leaves the device, we keep its public half."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from django.db import IntegrityError, transaction
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from balmis.contexts.access.models import Factor, User
from balmis.core.errors import BadInput
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.access import FactorKind

MOST = 20  # of one user
Sent = Mapping[str, Any]  # as the browser has it, in JSON
State = dict[str, Any]  # what is kept between the question and its answer

NOT_TAKEN = gettext_noop("The passkey was not accepted. Try once more, or use something else.")


def _server(host: str) -> Fido2Server:
    """`host` is the name under which the browser knows us; a key made for another one is none here."""
    return Fido2Server(PublicKeyCredentialRpEntity(id=host, name="Balmis"))


def _of(user_id: int) -> list[Factor]:
    return list(Factor.objects.filter(user_id=user_id, kind=FactorKind.PASSKEY))


def ask_new(user: User, host: str) -> tuple[Sent, State]:
    """What the browser is asked for a new one, and what has to be kept until it answers."""
    known = [AttestedCredentialData(bytes(f.secret)) for f in _of(user.pk)]
    question, state = _server(host).register_begin(
        PublicKeyCredentialUserEntity(
            id=user.pk.to_bytes(8, "big"),
            name=user.username,
            display_name=user.first_name or user.username,
        ),
        known,
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(question.public_key), state


def add(user_id: int, name: str, sent: Sent, state: State, host: str, *, now: datetime) -> Factor:
    """Raises BadInput."""
    User.objects.select_for_update().get(pk=user_id)
    if len(_of(user_id)) >= MOST:
        raise BadInput(gettext_noop("There are many already. Take one off first."))
    try:
        made = _server(host).register_complete(state, sent)
    except (ValueError, KeyError, TypeError):
        raise BadInput(NOT_TAKEN) from None
    held = made.credential_data
    if held is None:
        raise BadInput(NOT_TAKEN)
    try:
        with transaction.atomic():
            return Factor.objects.create(
                user_id=user_id,
                kind=FactorKind.PASSKEY,
                name=name,
                secret=bytes(held),
                credential=held.credential_id,
                count=made.counter,
                added_at=now,
            )
    except IntegrityError as error:
        if "credential" not in str(error):
            raise
        raise BadInput(gettext_noop("This passkey is known already.")) from None


def ask(user_id: int | None, host: str) -> tuple[Sent, State]:
    """What the browser is asked: one of this user's, or any that it has for us."""
    keys = [] if user_id is None else _of(user_id)
    known = [AttestedCredentialData(bytes(f.secret)) for f in keys]
    question, state = _server(host).authenticate_begin(
        known or None, UserVerificationRequirement.REQUIRED
    )
    return dict(question.public_key), state


def take(user_id: int | None, sent: Sent, state: State, host: str, *, now: datetime) -> User | None:
    """Whose it is; None: it is nobody's, or does not fit."""
    try:
        answer = AuthenticationResponse.from_dict(sent)
        held: AuthenticatorData = answer.response.authenticator_data
        credential = answer.raw_id
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    found = (
        Factor.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(credential=credential, kind=FactorKind.PASSKEY, user__is_active=True)
        .first()
    )
    if found is None or (user_id is not None and found.user_id != user_id):
        return None
    try:
        known = [AttestedCredentialData(bytes(found.secret))]
        _server(host).authenticate_complete(state, known, answer)
    except (ValueError, KeyError, TypeError, InvalidSignature):
        return None
    if (held.counter or found.count) and held.counter <= found.count:
        return None  # a copy of the key has signed meanwhile
    Factor.objects.filter(pk=found.pk).update(count=held.counter, used_at=now)
    return found.user
