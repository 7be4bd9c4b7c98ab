"""The region's identity provider (OpenID Connect Core 1.0): who it is, and what is asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """`user`, `number` and `born` name the claims that say a user's name, and a resident's national number
    and birthday; without `number` it is for staff alone. `strong` are the values of `acr` that it gives after
    two factors."""

    issuer: str
    client: str
    secret: str
    name: str
    user: str = "preferred_username"
    number: str = ""
    born: str = "birthdate"
    scope: str = "openid profile"
    strong: frozenset[str] = frozenset()


def read_provider(given: Mapping[str, str]) -> IdentityProvider | None:
    """From the environment; None where no issuer is named. Raises ValueError, which names what is wrong."""
    if not given.get("issuer"):
        return None
    check_safe(given["issuer"])
    for name in ("client", "secret", "name"):
        if not given.get(name):
            raise ValueError(
                f"BALMIS_OIDC_{name.upper()} has to be set where BALMIS_OIDC_ISSUER is"
            )
    chosen = {name: value for name, value in given.items() if value and name != "acr"}
    strong = frozenset(filter(None, given.get("acr", "").split(",")))
    return IdentityProvider(**chosen, strong=strong)


def check_safe(address: str) -> None:
    """Raises ValueError unless it is https, or on this machine."""
    parts = urlsplit(address)
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in LOOPBACK):
        raise ValueError(f"{address} is not an address that begins with https://")


def subject_of(issuer: str, subject: str) -> str:
    """What an account is tied to: the provider's own word for somebody, which it gives to nobody else."""
    return sha256(f"{issuer} {subject}".encode()).hexdigest()
