"""Which product a trade item's code is of, and what is in it."""

from dataclasses import dataclass
from datetime import datetime

from biip.checksums import gs1_standard_check_digit
from django.db import transaction

from balmis.contexts.access.services import may_everywhere
from balmis.contexts.journal import audit
from balmis.contexts.supply import packaging, products
from balmis.contexts.supply.models import Packaging
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.roles import Act
from balmis.core.vocabulary.supply import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPackaging:
    """A trade item: what it is of, and how many vials are in it."""

    gtin: str
    product: str
    level: Level
    number: int


@transaction.atomic(durable=True)
def keep_packaging(cmd: KeepPackaging, *, actor: Actor, now: datetime) -> Packaging:
    """Raises NotAllowed, BadInput for a number that is none, Refusal(NOT_KNOWN)."""
    if not may_everywhere(actor, Act.CHANGE_PLAN):  # a number means the same for all
        raise NotAllowed(f"{actor.name} does not keep trade item numbers")
    code = cmd.gtin.strip().zfill(14)
    if len(code) != 14 or not code.isascii() or not code.isdigit() or not _fits(code):
        raise BadInput(
            f"{cmd.gtin} is no trade item number: 8 to 14 digits, the last one checks them."
        )
    if (cmd.level is Level.VIAL) != (cmd.number == 1):
        raise BadInput("A vial is one vial; a carton or a shipper has more than one.")
    kept = packaging.keep_packaging(
        products.product(cmd.product), code, cmd.level.value, cmd.number
    )
    audit.record(
        "packaging.kept",
        f"packaging:{kept.pk}",
        actor=actor,
        now=now,
        gtin=code,
        product=cmd.product,
        level=cmd.level.value,
        vials=cmd.number,
    )
    return kept


def _fits(code: str) -> bool:
    """Is the last digit the one that checks the others?"""
    return gs1_standard_check_digit(code[:-1]) == int(code[-1])
