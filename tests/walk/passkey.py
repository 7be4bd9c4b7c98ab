"""A device that makes one passkey and tells of it as a browser would."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

KEY = ec.generate_private_key(ec.SECP256R1())
NAME = b"one passkey".ljust(32, b".")


def made(challenge: str, host: str = "testserver") -> str:
    """The answer to the question for a new one; always the same passkey."""
    credential = AttestedCredentialData.create(
        Aaguid.NONE, NAME, ES256.from_cryptography_key(KEY.public_key())
    )
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    data = AuthenticatorData.create(sha256(host.encode()).digest(), flags, 0, credential)
    client = CollectedClientData.create("webauthn.create", challenge, f"https://{host}")
    answer = {
        "id": _text(NAME),
        "rawId": _text(NAME),
        "type": "public-key",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": _text(client),
            "attestationObject": _text(AttestationObject.create("none", data, {})),
        },
    }
    return json.dumps(answer)


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
