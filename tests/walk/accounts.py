"""One's own account: signing in, the password, factors, a role in an emergency."""

import re

import pyotp
from django.test import Client

from balmis.contexts.access.models import Factor
from balmis.core.vocabulary.access import Role
from balmis.flows.access.account import invite
from tests import make
from tests.walk.passkey import made
from tests.walk.steps import Step, Walk, now
from tests.walk.world import World
from tests.web.conftest import PASSWORD

LONG = "gravel tulip harbour nine"
PIN = "814703"


def sign_in(w: World) -> Walk:
    w.staff("ann")
    client = Client(raise_request_exception=False)
    yield Step(
        door="sign-in",
        client=client,
        path="/sign-in/",
        body={"username": "ann", "password": PASSWORD, "next": "/account/"},
    )
    yield Step(
        door="weigh-password", client=client, path="/account/strength/", body={"password": LONG}
    )
    yield Step(
        door="set-language", client=client, path="/language/", body={"language": "ko", "next": "/"}
    )
    yield Step(
        door="pin",
        client=client,
        path="/account/pin/",
        body={"pin": PIN, "password": PASSWORD},
    )
    yield Step(door="still-here", client=client, path="/sign-in/here/", body={})
    yield Step(door="lock", client=client, path="/sign-in/lock/", body={})
    page = client.get("/sign-in/back/").content.decode()
    found = dict(re.findall(r'name="(\w+)"[^>]* value="([^"]*)"', page))
    found.pop("csrfmiddlewaretoken", None)
    yield Step(door="come-back", client=client, path="/sign-in/back/", body=found | {"typed": PIN})
    yield Step(
        door="password",
        client=client,
        path="/account/password/",
        body={"old": PASSWORD, "new": LONG, "again": LONG},
    )
    yield Step(door="end-sign-ins", client=client, path="/account/sign-ins/", body={})


def factors(w: World) -> Walk:
    client = w.staff("ben")
    client.get("/account/app/")
    secret = client.session["app_secret"]
    yield Step(
        door="add-app",
        client=client,
        path="/account/app/",
        body={"code": pyotp.TOTP(secret).now(), "password": PASSWORD},
        at_once={"factor_one_app": {}},
    )
    yield Step(
        door="recovery-codes",
        client=client,
        path="/account/recovery-codes/",
        body={"password": PASSWORD},
    )
    entered = Client(raise_request_exception=False)
    entered.post("/sign-in/", {"username": "ben", "password": PASSWORD})
    later = pyotp.TOTP(secret).at(now(), counter_offset=1)
    yield Step(door="second-step", client=entered, path="/sign-in/second/", body={"code": later})
    yield Step(
        door="remove-factor",
        client=client,
        path=f"/account/factors/{Factor.objects.latest('pk').pk}/",
        body={"password": PASSWORD},
    )


def passkeys(w: World) -> Walk:
    """One device, which two users hand on."""
    clients = [w.staff(name) for name in ("eva", "fay")]
    bodies = []
    for client in clients:
        asked = client.get("/account/passkey/ask/").json()
        answer = made(
            asked["publicKey"]["challenge"] if "publicKey" in asked else asked["challenge"]
        )
        bodies.append({"name": "phone", "answer": answer, "password": PASSWORD})
    yield Step(
        door="add-passkey",
        client=clients[0],
        other=clients[1],
        path="/account/passkey/",
        body=bodies[0],
        at_once={"access_factor_credential_key": bodies[1]},
    )


def emergency(w: World) -> Walk:
    client = w.staff("cem", Role.VACCINATOR)
    yield Step(
        door="emergency",
        client=client,
        path="/account/emergency/",
        body={
            "role": "vaccinator",
            "site": "clinic",
            "why": "the bridge is closed",
            "password": PASSWORD,
        },
        at_once={"grant_once": {}},
    )
    w.staff("dan")
    word = invite("dan", lost_factor=False, actor=make.SYSTEM, now=now())
    yield Step(
        door="invitation",
        client=Client(raise_request_exception=False),
        path=f"/invitation/{word}/",
        body={"new": LONG, "again": LONG},
    )
    yield Step(door="sign-out", client=client, path="/sign-out/", body={})
