"""Trade item numbers: what a carton holds."""

from collections.abc import Sequence

from balmis.contexts.supply.models import Packaging, Product


def packaging(gtin: str) -> Packaging | None:
    return Packaging.objects.select_related("product").filter(gtin=gtin).first()


def packagings(products: Sequence[int]) -> list[Packaging]:
    return list(Packaging.objects.filter(product__in=products).select_related("product"))


def keep_packaging(product: Product, gtin: str, level: str, vials: int) -> Packaging:
    found, _ = Packaging.objects.update_or_create(
        gtin=gtin, defaults={"product": product, "level": level, "vials": vials}
    )
    return found
