"""What stops the site, as its store sees it: what, since when, until when, why, by which office."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext

from balmis.core.actor import Actor
from balmis.flows.coldchain.transit import data_say
from balmis.flows.holds.hold_appeals import may_answer
from balmis.flows.holds.site_holds import SiteHold, holds_of_site, over_lately
from balmis.web.labels.coldchain import ADVICE
from balmis.web.labels.formats import listed, named
from balmis.web.labels.people import office_of
from balmis.web.labels.safety import order_title
from balmis.web.shared.appeal_rows import AppealRow, StandsForm, row_of
from balmis.web.shared.forms import Form, Label
from balmis.web.store.shelf_forms import AppealForm, ReleaseForm

if TYPE_CHECKING:
    from balmis.contexts.places.models import Site
    from balmis.contexts.safety.models import HoldAppeal, HoldOrder
    from balmis.contexts.supply.models import LotHold

LATELY = timedelta(days=7)  # answers about holds that have ended are shown as long


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One hold; the forms stand where the reader may send them."""

    hold: SiteHold
    title: str
    placed_by: str
    decided_at: str
    lots: list[tuple[LotHold, tuple[str, Label] | None]]  # held here, and what the data of each say
    appeals: list[AppealRow]
    appeal: AppealForm | None
    release: ReleaseForm | None


def held_rows(site: Site, sent: Form | None, *, actor: Actor, now: datetime) -> list[HeldRow]:
    """`sent` is the form that could not be done, as it was sent."""
    found = holds_of_site(site, now=now)
    arrived = [h.lot for one in found for h in one.lots if h.on_the_way]
    said = {key: ADVICE[advice] for key, advice in data_say(arrived, site.pk).items()}
    return [_row(one, said, sent, actor) for one in found]


def answered_lately(site: Site, *, now: datetime) -> list[tuple[str, AppealRow]]:
    """What was held, and what was answered when it ended."""
    found = over_lately(site, now - LATELY)
    return [(_title(a.appeal.order, a.appeal.hold), row_of(a)) for a in found]


def _row(
    one: SiteHold, said: Mapping[int, tuple[str, Label]], sent: Form | None, actor: Actor
) -> HeldRow:
    key = f"order-{one.order.pk}" if one.order else f"hold-{one.held.pk}"
    return HeldRow(
        hold=one,
        title=_title(one.order, one.hold),
        placed_by=listed(dict.fromkeys(office_of(name, office) for name, office in one.placed_by)),
        decided_at=_decided_at(one),
        lots=[(h, said.get(h.lot_id) if h.on_the_way else None) for h in one.lots],
        appeals=[row_of(a, _answer(one, a.appeal, sent, actor)) for a in one.appeals],
        appeal=AppealForm.of(key, sent) if one.reaches and one.open is None else None,
        release=ReleaseForm.of(one.held.pk, sent) if one.hold and one.hold.site else None,
    )


def _title(order: HoldOrder | None, hold: LotHold | None) -> str:
    if order is not None:
        return order_title(order)
    assert hold is not None
    title = f"{hold.lot.product.name} {hold.lot.number}"
    if hold.area is None:
        return title
    everywhere = gettext("at every site in %(area)s") % {"area": named(hold.area.names)}
    return f"{title} · {everywhere}"


def _decided_at(one: SiteHold) -> str:
    """The desk that decides of it."""
    if one.order is not None:
        area = named(one.order.campaign.area.names)
        return gettext("Safety desk, %(area)s") % {"area": area}
    place = named(one.hold.where.names) if one.hold else ""
    return gettext("Store of %(site)s, or the safety desk") % {"site": place}


def _answer(
    one: SiteHold, appeal: HoldAppeal, sent: Form | None, actor: Actor
) -> StandsForm | None:
    """Whoever works at the store decides of what was held by hand; of an order the safety desk does."""
    here = one.hold is not None and one.hold.site is not None
    return StandsForm.of(appeal.pk, sent) if here and may_answer(appeal, actor) else None
