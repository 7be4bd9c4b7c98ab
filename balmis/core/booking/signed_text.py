"""Small structs as signed text: nobody can make one, or change one, without the key."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from hashlib import sha256
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

SIGNATURE_BYTES = 16  # of HMAC-SHA-256: 128 bits
MAX_LENGTH = 1200

S = TypeVar("S", bound=Struct)
_encoder = msgspec.msgpack.Encoder()


class Seal(Generic[S]):
    """Signs structs of one kind; `mark` keeps kinds and versions apart that share a key."""

    def __init__(self, kind: type[S], mark: bytes) -> None:
        self.mark = mark
        self._decoder = msgspec.msgpack.Decoder(kind)

    def write(self, content: S, key: bytes) -> str:
        """As text for headers, forms and cookies."""
        body = _encoder.encode(content)
        return urlsafe_b64encode(self._signature(body, key) + body).decode().rstrip("=")

    def read(self, text: str, key: bytes) -> S | None:
        """What was signed; None when it was not, or by another program's version."""
        try:
            raw = urlsafe_b64decode(text[:MAX_LENGTH] + "=" * (-len(text) % 4))
            stated, body = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
            if not hmac.compare_digest(stated, self._signature(body, key)):
                return None
            return self._decoder.decode(body)
        except (NotBase64, ValueError, msgspec.MsgspecError):
            return None

    def _signature(self, body: bytes, key: bytes) -> bytes:
        return hmac.digest(key, self.mark + body, sha256)[:SIGNATURE_BYTES]


def key_of(secret: str, purpose: str) -> bytes:
    """A key of its own for each purpose."""
    return hmac.digest(secret.encode(), purpose.encode(), sha256)
