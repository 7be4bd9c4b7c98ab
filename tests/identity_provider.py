"""An identity provider on this machine, for tests: OpenID Connect as far as a client meets it."""

import json
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

CLIENT, SECRET = "balmis", "told-by-the-provider"


@dataclass
class Provider:
    """What it says of whoever comes; a test changes what it wants to be wrong."""

    address: str
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    published: ECKey | None = None  # another than it signs with
    claims: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)  # at the userinfo endpoint
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "ES256", "kid": "one"})
    down: bool = False
    asked: dict[str, dict[str, str]] = field(default_factory=dict)  # by code
    exchanged: list[str] = field(default_factory=list)

    def agree(self, url: str) -> dict[str, str]:
        """Somebody shows it who they are; what it sends the browser back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = f"code-{len(self.asked)}"
        self.asked[code] = asked
        return {"code": code, "state": asked["state"]}

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "jwks_uri": f"{self.address}/keys",
        }

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """For a code, once, with the client's secret and the verifier of its challenge."""
        asked = self.asked.pop(form["code"], None)
        known = b64decode(authorization.removeprefix("Basic ")).decode() == f"{CLIENT}:{SECRET}"
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or not known or challenge != asked.get("code_challenge"):
            return None
        self.exchanged.append(form["code"])
        now = int(time.time())
        said = {
            "iss": self.address,
            "aud": CLIENT,
            "sub": "subject-1",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
        } | self.claims
        plain = {k: v for k, v in said.items() if v is not None}
        if self.header["alg"] == "none":
            parts = (json.dumps(part).encode() for part in (self.header, plain))
            signed = ".".join(urlsafe_b64encode(p).decode().rstrip("=") for p in parts) + "."
        else:
            signed = jwt.encode(self.header, plain, self.key, algorithms=[self.header["alg"]])
        return {"access_token": "for-userinfo", "token_type": "Bearer", "id_token": signed}


@contextmanager
def serving() -> Iterator[Provider]:
    """The provider, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_words: object) -> None:
            pass

        def answer(self, content: object, status: int = 200) -> None:
            body = json.dumps(content).encode()
            self.send_response(503 if provider.down else status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            if self.path == "/.well-known/openid-configuration":
                self.answer(provider.configuration())
            elif self.path == "/keys":
                keys = KeySet([provider.published or provider.key])
                self.answer(keys.as_dict(private=False))
            elif self.headers.get("Authorization") == "Bearer for-userinfo":
                self.answer({"sub": "subject-1"} | provider.more)
            else:
                self.answer({}, 401)

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(sent).items()}
            token = provider.token(form, self.headers.get("Authorization", ""))
            self.answer(token or {"error": "invalid_grant"}, 200 if token else 400)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
