"""Keep the areas and sites that plans name."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from balmis.contexts.places.models import Area, Site

MOVE = """
UPDATE places_area SET path = %(new)s || substr(path, length(%(old)s) + 1),
  depth = array_length(string_to_array(%(new)s || substr(path, length(%(old)s) + 1), '/'), 1) - 3
WHERE starts_with(path, %(old)s)
"""


def keep_area(
    code: str,
    *,
    parent: Area | None,
    kind: str,
    names: dict[str, str],
    at: tuple[float | None, float | None] = (None, None),
) -> Area:
    """Create or update one area; a moved area takes its place below the new parent."""
    path = f"{parent.path if parent else '/'}{code}/"
    depth = parent.depth + 1 if parent else 0
    before = Area.objects.filter(code=code).values_list("path", flat=True).first()
    area, _ = Area.objects.update_or_create(
        code=code,
        defaults={
            "parent": parent,
            "kind": kind,
            "names": names,
            "path": path,
            "depth": depth,
            "latitude": at[0],
            "longitude": at[1],
        },
    )
    if before is not None and before != path:
        with connection.cursor() as cursor:  # what lies in it moves along
            cursor.execute(MOVE, {"old": before, "new": path})
    return area


def keep_sites(sites: Iterable[dict[str, Any]]) -> None:
    """Create or update sites; each dict has the fields of Site, `area` as a code."""
    areas = {a.code: a for a in Area.objects.all()}
    for fields in sites:
        rest = {k: v for k, v in fields.items() if k not in ("code", "area")}
        Site.objects.update_or_create(
            code=fields["code"], defaults={"area": areas[fields["area"]], **rest}
        )
