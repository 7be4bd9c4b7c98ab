"""Where somebody lives and who speaks for them, as a registration desk is told."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from balmis.contexts.journal import audit
from balmis.contexts.people import details
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import BadInput
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.notices import Medium
from balmis.core.vocabulary.people import DetailKind
from balmis.core.written_forms import tidy
from balmis.flows.booking.resident_sign_in import read_address
from balmis.flows.people.person_facts import opened

LONGEST = 250  # characters
TOO_LONG = gettext_noop("This is longer than can be kept.")
NO_NAME = gettext_noop("Name the guardian, or leave relation and phone empty.")
NO_PHONE = gettext_noop("This is not a phone number.")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepDetails:
    """As it is to be; what is empty is not kept."""

    campaign: str
    person: int
    address: str
    guardian: str
    guardian_relation: str
    guardian_phone: str


@transaction.atomic(durable=True)
def keep_details(cmd: KeepDetails, *, actor: Actor, now: datetime) -> None:
    """The address and the guardian stand from now on as they are told. Raises NotAllowed, BadInput,
    Refusal(NOT_KNOWN)."""
    campaign, person = opened(cmd.campaign, cmd.person, actor, now)
    stated = {kind.value: tidy(getattr(cmd, kind.value)) for kind in DetailKind}
    for kind, value in stated.items():
        if len(value) > LONGEST:
            raise BadInput(TOO_LONG, (kind,))
    phone = stated[DetailKind.GUARDIAN_PHONE]
    if not stated[DetailKind.GUARDIAN] and (phone or stated[DetailKind.GUARDIAN_RELATION]):
        raise BadInput(NO_NAME, ("guardian",))
    if phone:
        stated[DetailKind.GUARDIAN_PHONE] = _phone(phone, campaign.time_zone)
    on = local_day(now, campaign.time_zone)
    changed = details.keep(person.pk, stated, source=actor.name, on=on)
    if changed:
        audit.record(
            "person.details_kept", f"person:{person.pk}", actor=actor, now=now, what=changed
        )


def _phone(text: str, zone: str) -> str:
    try:
        medium, written = read_address(text, zone)
    except BadInput:
        medium, written = Medium.EMAIL, ""
    if medium is not Medium.SMS:
        raise BadInput(NO_PHONE, ("guardian_phone",))
    return written
