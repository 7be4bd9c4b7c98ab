"""What the products' data say of times that are too warm or too cold: data that come along."""

from functools import lru_cache

from balmis.core.coldchain.stability import Stability, StabilityFile
from balmis.core.files.reader import read
from balmis.core.files.shapes import shape
from balmis.presets import stability_text

FORMAT = "balmis-stability/1"


def stability_of(product: str) -> Stability | None:
    return _by_product().get(product)


def needs_diluent(product: str) -> bool:
    found = stability_of(product)
    return found is not None and found.diluted


def volumes() -> dict[str, float]:
    """cm3 a dose in its carton, of the products of which it is known."""
    return {code: s.cm3_per_dose for code, s in _by_product().items() if s.cm3_per_dose}


@lru_cache
def _by_product() -> dict[str, Stability]:
    document = read(stability_text())
    found = shape(document, StabilityFile, name=FORMAT, what="stability file")
    assert found is not None, [str(p) for p in document.problems]
    return {s.product: s for s in found.products}
