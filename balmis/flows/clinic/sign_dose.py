"""Past a red check a doctor decides, with their own name and password or PIN, at the chair."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from balmis.contexts.access.services import actor_for, fits_pin, may, user_called
from balmis.contexts.journal import audit
from balmis.contexts.people import queries as people
from balmis.contexts.places.models import Site
from balmis.core.actor import Actor
from balmis.core.clinic import dose_signatures
from balmis.core.clinic.dose_signatures import Countersigned
from balmis.core.errors import BadInput, Refusal
from balmis.core.rate_limit import Allowed
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.reasons import Refused
from balmis.flows.access.tries import spend
from balmis.flows.clinic.signatures import signing_key
from balmis.flows.clinic.visit_steps import at_desk

OF_ONE = Allowed("signatures of one doctor", 6, timedelta(minutes=5))
AT_ONE = Allowed("signatures asked for by one user", 12, timedelta(minutes=5))
WRONG = gettext_noop("The name and the password do not fit together, or are no doctor's here.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Countersign:
    """What the second person stands for."""

    person: int
    product: str
    lot: str
    reason: str
    username: str
    secret: str  # password or PIN


def countersign_dose(
    slug: str, site_code: str, cmd: Countersign, *, actor: Actor, now: datetime
) -> tuple[str, str]:
    """The signature to send with the dose, and the name of who signed. Wrong ones are limited and noted.

    Raises NotAllowed, BadInput, Refusal(TOO_MANY_TRIES).
    """
    _, site = at_desk(slug, site_code, actor)
    if len(cmd.reason.strip()) < 3:
        raise BadInput(gettext_noop("Say why it is given all the same."), ("reason",))
    for what, who in ((AT_ONE, actor.name), (OF_ONE, cmd.username.lower()[:150])):
        wait = spend(what, who, now=now)
        if wait is not None:
            minutes = -(-int(wait.total_seconds()) // 60) or 1
            raise Refusal(Refused.TOO_MANY_TRIES, minutes=minutes)
    second = _second(site, cmd, actor, now)
    if second is None:
        raise BadInput(WRONG, ("username",))
    person = people.canonical_id(cmd.person)
    made = Countersigned(second.name, person, cmd.product, cmd.lot, now)
    return dose_signatures.sign(made, signing_key()), second.name


@transaction.atomic(durable=True)
def _second(site: Site, cmd: Countersign, actor: Actor, now: datetime) -> Actor | None:
    """The doctor who signs; None, and noted, when it is nobody who may, or whoever asks."""
    found = doctor_of(cmd.username, cmd.secret, site)
    fits = found is not None and found.name != actor.name
    subject = f"person:{cmd.person}"
    if not fits:
        audit.record("dose.sign_failed", subject, actor=actor, now=now, lot=cmd.lot)
        return None
    assert found is not None
    audit.record(
        "dose.countersigned",
        subject,
        actor=found.because(cmd.reason.strip()[:500]),
        now=now,
        product=cmd.product,
        lot=cmd.lot,
        at_desk_of=actor.name,
    )
    return found


def doctor_of(username: str, secret: str, site: Site) -> Actor | None:
    """Whose name and secret fit, if they decide as a doctor at the site or lead the safety desk."""
    user = user_called(username)
    if user is None or not user.is_active:
        return None
    if not (fits_pin(user, secret) or user.check_password(secret)):
        return None
    found = actor_for(user)
    may_sign = may(found, Act.DECIDE_AS_DOCTOR, site=site) or may(found, Act.STOP_LOT, site=site)
    return found if may_sign else None
