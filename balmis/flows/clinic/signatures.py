"""Whose word stands for a dose against a red check: read from the signature that came with the step."""

from datetime import datetime

import msgspec
from django.conf import settings

from balmis.contexts.access.services import may
from balmis.contexts.places.models import Site
from balmis.core.actor import Actor
from balmis.core.booking.signed_text import key_of
from balmis.core.clinic import dose_signatures
from balmis.core.clinic.step_facts import GiveDose
from balmis.core.roles import Act


def signing_key() -> bytes:
    return key_of(settings.SECRET_KEY, "countersigned dose")


def with_signer(
    facts: GiveDose, person: int, site: Site, actor: Actor, *, at: datetime
) -> GiveDose:
    """The override with who signed it, as the server knows: a doctor who gives the dose, or who signed
    for this one at the chair; what the device says of it counts for nothing."""
    if facts.override is None:
        return facts
    signer = ""
    found = dose_signatures.read(facts.override.signature, signing_key())
    if found is not None and found.is_for(person, facts.product, facts.lot, at):
        signer = found.by
    elif may(actor, Act.DECIDE_AS_DOCTOR, site=site) and not actor.trusted:
        signer = actor.name
    override = msgspec.structs.replace(facts.override, signature="", signed_by=signer)
    return msgspec.structs.replace(facts, override=override)
