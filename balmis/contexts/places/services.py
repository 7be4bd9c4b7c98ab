"""Keep the areas and sites that plans name."""

from collections.abc import Iterable
from typing import Any

from balmis.contexts.places.models import Area, Site


def keep_area(code: str, *, parent: Area | None, kind: str, names: dict[str, str]) -> Area:
    """Create or update one area; a moved area takes its place below the new parent."""
    path = f"{parent.path if parent else '/'}{code}/"
    depth = parent.depth + 1 if parent else 0
    area, _ = Area.objects.update_or_create(
        code=code,
        defaults={"parent": parent, "kind": kind, "names": names, "path": path, "depth": depth},
    )
    return area


def keep_sites(sites: Iterable[dict[str, Any]]) -> None:
    """Create or update sites; each dict has the fields of Site, `area` as a code."""
    areas = {a.code: a for a in Area.objects.all()}
    for fields in sites:
        rest = {k: v for k, v in fields.items() if k not in ("code", "area")}
        Site.objects.update_or_create(
            code=fields["code"], defaults={"area": areas[fields["area"]], **rest}
        )
