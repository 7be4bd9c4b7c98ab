"""Trade item numbers: what a carton holds."""

from collections.abc import Sequence

from balmis.contexts.supply.models import Packaging, Product


def packaging(gtin: str) -> Packaging | None:
    return Packaging.objects.select_related("product").filter(gtin=gtin).first()


def packagings(products: Sequence[int]) -> list[Packaging]:
    return list(Packaging.objects.filter(product__in=products).select_related("product"))


def keep_packaging(product: Product, gtin: str, level: str, vials: int) -> Packaging:
    """Whatever the number meant before."""
    known = {"product": product, "level": level, "vials": vials, "taught_by": "", "taught_at": None}
    found, _ = Packaging.objects.update_or_create(gtin=gtin, defaults=known)
    return found


def teach(made: Packaging) -> Packaging:
    """A number that nobody knew."""
    made.save(force_insert=True)
    return made


def taught(packaging_id: int) -> Packaging | None:
    """One that was taught at a store, locked."""
    found = Packaging.objects.select_for_update(of=("self",)).select_related("product")
    return found.filter(pk=packaging_id).exclude(taught_by="").first()


def forget(made: Packaging) -> None:
    made.delete()
