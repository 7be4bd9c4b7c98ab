"""Products of the campaigns."""

from collections.abc import Iterable
from typing import Any

from balmis.contexts.journal.reference_cache import referenced
from balmis.contexts.supply.models import Product
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused


@referenced
def product(code: str) -> Product:
    """Raises Refusal(NOT_KNOWN)."""
    found = Product.objects.filter(code=code).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="product", key=code)
    return found


def products_by_id() -> dict[int, Product]:
    return {p.pk: p for p in Product.objects.all()}


def keep_products(products: Iterable[dict[str, Any]]) -> None:
    for fields in products:
        rest = {k: v for k, v in fields.items() if k != "code"}
        Product.objects.update_or_create(code=fields["code"], defaults=rest)
