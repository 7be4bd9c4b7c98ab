"""Read areas and sites."""

from collections.abc import Iterable
from dataclasses import dataclass

from balmis.contexts.journal.reference_cache import referenced
from balmis.contexts.places.models import Area, Site
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused


@dataclass(frozen=True, slots=True)
class AreaView:
    id: int
    code: str
    parent_id: int | None
    kind: str
    names: dict[str, str]
    path: str
    depth: int


@dataclass(frozen=True, slots=True)
class SiteView:
    id: int
    code: str
    area_id: int
    kind: str
    status: str
    names: dict[str, str]
    address: str
    time_zone: str


def areas_below(code: str) -> list[AreaView]:
    """The area and everything in it, parents before children."""
    found = Area.objects.filter(path__contains=f"/{code}/").order_by("depth", "code")
    return [AreaView(a.pk, a.code, a.parent_id, a.kind, a.names, a.path, a.depth) for a in found]


def every_area() -> list[Area]:
    return list(Area.objects.order_by("depth", "code"))


def every_site() -> list[Site]:
    return list(Site.objects.select_related("area").order_by("code"))


def sites_below(code: str) -> list[SiteView]:
    found = Site.objects.filter(area__path__contains=f"/{code}/").order_by("kind", "code")
    return [
        SiteView(s.pk, s.code, s.area_id, s.kind, s.status, s.names, s.address, s.time_zone)
        for s in found
    ]


def sites_in(code: str) -> list[Site]:
    """Whole, for asking who may do what there."""
    found = Site.objects.filter(area__path__contains=f"/{code}/")
    return list(found.select_related("area").order_by("kind", "code"))


@referenced
def site(code: str) -> Site:
    """Raises Refusal(NOT_KNOWN)."""
    found = Site.objects.select_related("area").filter(code=code).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="site", key=code)
    return found


@referenced
def area_of(area_id: int) -> Area:
    return Area.objects.get(pk=area_id)


def area(code: str) -> Area:
    """Raises Refusal(NOT_KNOWN)."""
    found = Area.objects.filter(code=code).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="area", key=code)
    return found


def desk_of(area: Area, *, below: Area) -> Area:
    """The part of `below` that holds the area: whose desk knows its people."""
    parts = [c for c in area.path.removeprefix(below.path).split("/") if c]
    return Area.objects.get(code=parts[0]) if parts else area


def where(area: Area) -> tuple[float, float] | None:
    """Latitude and longitude of the area, or of the smallest one around it that states them."""
    codes = [code for code in area.path.split("/") if code]
    found = Area.objects.filter(code__in=codes, latitude__isnull=False, longitude__isnull=False)
    row = found.order_by("-depth").values_list("latitude", "longitude").first()
    return (row[0], row[1]) if row and row[0] is not None and row[1] is not None else None


@referenced
def codes_around(site_id: int) -> tuple[str, ...]:
    """The codes of the areas in which a site lies, the widest first."""
    path = Site.objects.values_list("area__path", flat=True).get(pk=site_id)
    return tuple(code for code in path.split("/") if code)


def sites_by_id(ids: Iterable[int]) -> list[Site]:
    return list(Site.objects.filter(pk__in=list(ids)).select_related("area"))
