"""The day of a site's store, closed once."""

from datetime import date, datetime
from typing import Any

from balmis.contexts.places.models import Site
from balmis.contexts.supply.models import DayClose
from balmis.core.actor import Actor


def day_close(site_id: int, on: date) -> DayClose | None:
    return DayClose.objects.filter(site=site_id, on=on).first()


def close_day(
    site: Site, on: date, figures: dict[str, Any], *, actor: Actor, now: datetime
) -> DayClose:
    return DayClose.objects.create(
        site=site, on=on, figures=figures, closed_at=now, closed_by=actor.name
    )
