"""Ask the identity provider who it is: the code flow of OpenID Connect Core 1.0, with PKCE (RFC 7636).

A desk sends the browser there with `ask` and says which of its pages finishes. The provider sends it to
`back`, where its answer is checked and kept for two minutes, for one `take` by that page.
"""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any, cast
from urllib.parse import quote_plus, urlencode

import httpx
from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from balmis.core.access.identity_provider import IdentityProvider, check_safe, subject_of
from balmis.core.errors import BadInput
from balmis.core.refusal_texts import gettext_noop
from balmis.web.shared.rate_limit import limited

ASKED, SAID = "provider_asked", "provider_said"
ASKED_LASTS, SAID_LASTS = 600, 120  # seconds
KEPT = 3600  # seconds that its addresses and keys are kept
TIMEOUT = 10.0  # seconds
LEEWAY = 60  # seconds by which its clock and ours may differ
SIGNED_BY = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
]
NO_ANSWER = gettext_noop(
    "The identity provider does not answer now. Try once more in a minute, or go another way."
)
NOT_TAKEN = gettext_noop(
    "The identity provider did not say who you are. Try once more, or go another way."
)


@dataclass(frozen=True, slots=True)
class Said:
    """What the provider says: `subject` is its word for the person, as accounts are tied to it."""

    subject: str
    claims: Mapping[str, str]
    strong: bool  # it has asked for two factors
    onward: str


def provider() -> IdentityProvider | None:
    """The one that is set up, if there is one."""
    found: IdentityProvider | None = settings.IDENTITY_PROVIDER
    return found


def ask(request: HttpRequest, finish: str, onward: str = "") -> HttpResponse:
    """Send the browser to the provider; `finish` is the address that takes its answer. Raises Http404 where
    none is set up, BadInput."""
    found = _provider()
    meta = _metadata(found)
    verifier, nonce, state = (secrets.token_urlsafe(size) for size in (64, 32, 32))
    question = {
        "response_type": "code",
        "client_id": found.client,
        "redirect_uri": _way_back(request),
        "scope": found.scope,
        "state": state,
        "nonce": nonce,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
    }
    if found.strong:
        question["acr_values"] = " ".join(sorted(found.strong))
    address = str(meta["authorization_endpoint"])
    url = f"{address}{'&' if '?' in address else '?'}{urlencode(question)}"
    request.session[ASKED] = {
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "finish": finish,
        "onward": onward,
        "at": time.time(),
    }
    return redirect(url)


@never_cache
@limited
@require_GET
def back(request: HttpRequest) -> HttpResponse:
    """Where the provider sends the browser. What was asked is good for one answer."""
    found, asked = _provider(), request.session.pop(ASKED, None)
    if not asked or asked["at"] < time.time() - ASKED_LASTS:
        return redirect("home")
    request.session.pop(SAID, None)
    if request.GET.get("state") == asked["state"] and request.GET.get("code"):
        try:
            said = _said(found, request, asked)
        except BadInput as problem:
            said = {"problem": str(problem)}
    else:
        said = {"problem": NOT_TAKEN}
    request.session[SAID] = said | {"at": time.time(), "onward": asked["onward"]}
    return redirect(asked["finish"])


def take(request: HttpRequest) -> Said | None:
    """What the provider has just said; None where nothing was asked. Raises BadInput."""
    kept = request.session.pop(SAID, None)
    if not kept or kept["at"] < time.time() - SAID_LASTS:
        return None
    if problem := kept.get("problem"):
        raise BadInput(problem)
    return Said(kept["subject"], kept["claims"], kept["strong"], kept["onward"])


def _provider() -> IdentityProvider:
    found = provider()
    if found is None:
        raise Http404
    return found


def _way_back(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("provider-back"))


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def _said(
    of: IdentityProvider, request: HttpRequest, asked: Mapping[str, str]
) -> dict[str, object]:
    """Its answer, checked. Raises BadInput."""
    meta = _metadata(of)
    form = {
        "grant_type": "authorization_code",
        "code": request.GET["code"],
        "redirect_uri": _way_back(request),
        "code_verifier": asked["verifier"],
    }
    known = httpx.BasicAuth(quote_plus(of.client), quote_plus(of.secret))  # RFC 6749, 2.3.1
    wanted = {of.user, of.number, of.born} - {""}
    try:
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:
            answer = client.post(str(meta["token_endpoint"]), data=form, auth=known)
            if answer.status_code == 400:  # it knows of no such code
                raise BadInput(NOT_TAKEN)
            token = answer.raise_for_status().json()
            claims = _claims(of, meta, str(token["id_token"]), asked["nonce"])
            if not wanted <= set(claims) and "userinfo_endpoint" in meta:
                bearer = {"Authorization": f"Bearer {token['access_token']}"}
                answer = client.get(str(meta["userinfo_endpoint"]), headers=bearer)
                more = answer.raise_for_status().json()
                if more.get("sub") == claims["sub"]:
                    claims = more | claims
    except httpx.HTTPError:
        raise BadInput(NO_ANSWER) from None
    except (
        JoseError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
    ):  # nothing of it is believed
        raise BadInput(NOT_TAKEN) from None
    return {
        "subject": subject_of(of.issuer, str(claims["sub"])),
        "claims": {name: str(claims[name]) for name in wanted & set(claims)},
        "strong": claims.get("acr") in of.strong,
    }


def _claims(
    of: IdentityProvider, meta: Mapping[str, object], token: str, nonce: str
) -> dict[str, Any]:
    """What the identity token holds: signed by the provider, for us, as the answer to this question (3.1.3.7 of
    the standard). Raises JoseError, ValueError."""
    try:
        claims = jwt.decode(token, _keys(meta), algorithms=SIGNED_BY).claims
    except InvalidKeyIdError:  # it has changed its keys
        claims = jwt.decode(token, _keys(meta, anew=True), algorithms=SIGNED_BY).claims
    JWTClaimsRegistry(
        leeway=LEEWAY,
        iss={"essential": True, "value": of.issuer},
        sub={"essential": True},
        aud={"essential": True, "value": of.client},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    ).validate(claims)
    many = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (many or "azp" in claims) and claims.get("azp") != of.client:
        raise ValueError("it is for another party")
    return dict(claims)


def _metadata(of: IdentityProvider) -> dict[str, object]:
    """Its addresses (OpenID Connect Discovery 1.0). Raises BadInput."""
    well_known = f"{of.issuer.rstrip('/')}/.well-known/openid-configuration"
    meta = cache.get_or_set(_kept("provider", of.issuer), partial(_fetched, well_known), KEPT)
    if not isinstance(meta, dict) or meta.get("issuer") != of.issuer:
        raise BadInput(NOT_TAKEN)
    try:
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            check_safe(str(meta[name]))
    except (KeyError, ValueError):
        raise BadInput(NOT_TAKEN) from None
    return meta


def _keys(meta: Mapping[str, object], *, anew: bool = False) -> KeySet:
    key = _kept("keys", str(meta["jwks_uri"]))
    if anew:
        cache.delete(key)
    found = cache.get_or_set(key, partial(_fetched, str(meta["jwks_uri"])), KEPT)
    return KeySet.import_key_set(cast("Any", found))


def _kept(what: str, address: str) -> str:
    return f"{what}-{sha256(address.encode()).hexdigest()}"


def _fetched(address: str) -> object:
    try:
        answer = httpx.get(address, timeout=TIMEOUT, follow_redirects=False)
        answer.raise_for_status()
        return answer.json()
    except (httpx.HTTPError, ValueError):
        raise BadInput(NO_ANSWER) from None
