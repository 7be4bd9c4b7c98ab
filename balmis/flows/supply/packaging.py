"""Which product a trade item's code is of, and what is in it."""

from dataclasses import dataclass
from datetime import datetime

from biip.checksums import gs1_standard_check_digit
from django.db import transaction

from balmis.contexts.access.services import check_may, may_everywhere
from balmis.contexts.journal import audit
from balmis.contexts.places import queries as places
from balmis.contexts.supply import packaging, products
from balmis.contexts.supply.models import Packaging
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.supply import Level
from balmis.flows.retry import retried

VIAL_IS_ONE = gettext_noop("A vial is one vial; a carton or a shipper has more than one.")
MEANS_ANOTHER = gettext_noop(
    "This code has been given another meaning meanwhile. Scan again; who may change the plan can change it."
)


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
    code = _read(cmd)
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


@retried
@transaction.atomic(durable=True)
def teach_packaging(
    site_code: str, cmd: KeepPackaging, *, actor: Actor, now: datetime
) -> Packaging:
    """Who counts goods in says once what an unknown code means; from then on it means that for all. The
    same again changes nothing; what a code means already is changed by who may change the plan.

    Raises NotAllowed, BadInput, Refusal(NOT_KNOWN), Conflict for a code that means something else.
    """
    check_may(actor, Act.MOVE_STOCK, site=places.site(site_code))
    code, product = _read(cmd), products.product(cmd.product)
    known = packaging.packaging(code)
    if known is not None:
        said = (known.product_id, known.level, known.vials)
        if said != (product.pk, cmd.level.value, cmd.number):
            raise Conflict(MEANS_ANOTHER)
        return known
    made = packaging.teach(
        Packaging(
            gtin=code,
            product=product,
            level=cmd.level.value,
            vials=cmd.number,
            taught_by=actor.name,
            taught_at=now,
        )
    )
    audit.record(
        "packaging.taught",
        f"packaging:{made.pk}",
        actor=actor,
        now=now,
        gtin=code,
        product=cmd.product,
        level=cmd.level.value,
        vials=cmd.number,
        site=site_code,
    )
    return made


@transaction.atomic(durable=True)
def forget_packaging(key: int, why: str, *, actor: Actor, now: datetime) -> None:
    """What was taught is taken back, by who taught it or may change the plan: the code is unknown again.
    Goods that were counted in stay. Raises NotAllowed, BadInput, Refusal(NOT_KNOWN)."""
    made = packaging.taught(key)
    if made is None:
        raise Refusal(Refused.NOT_KNOWN, what="code", key=key)
    if not may_forget(made, actor):
        raise NotAllowed(f"{actor.name} did not teach this code")
    if len(why.strip()) < 3:
        raise BadInput(gettext_noop("Say why it is taken back."), ("why",))
    audit.record(
        "packaging.forgotten",
        f"packaging:{made.pk}",
        actor=actor.because(why.strip()[:200]),
        now=now,
        gtin=made.gtin,
        product=made.product.code,
        level=made.level,
        vials=made.vials,
    )
    packaging.forget(made)


def may_forget(made: Packaging, actor: Actor) -> bool:
    """Who taught it, and who may change what it means anyhow."""
    return bool(made.taught_by) and (
        made.taught_by == actor.name or may_everywhere(actor, Act.CHANGE_PLAN)
    )


def _read(cmd: KeepPackaging) -> str:
    """The number in fourteen digits. Raises BadInput."""
    code = cmd.gtin.strip().zfill(14)
    if len(code) != 14 or not code.isascii() or not code.isdigit() or not _fits(code):
        raise BadInput(
            f"{cmd.gtin} is no trade item number: 8 to 14 digits, the last one checks them."
        )
    if (cmd.level is Level.VIAL) != (cmd.number == 1):
        raise BadInput(VIAL_IS_ONE, ("vials",))
    return code


def _fits(code: str) -> bool:
    """Is the last digit the one that checks the others?"""
    return gs1_standard_check_digit(code[:-1]) == int(code[-1])
