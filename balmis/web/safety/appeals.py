"""What sites say against holds, as the desk that decides of them sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from balmis.contexts.access.queries import names_of
from balmis.contexts.safety import hold_appeals as kept_appeals
from balmis.core.actor import Actor
from balmis.flows.holds.hold_appeals import may_answer
from balmis.flows.holds.site_holds import appeals_against
from balmis.flows.safety.signal_board import lot_name
from balmis.web.labels import safety as words
from balmis.web.labels.people import doer
from balmis.web.safety.hold_forms import LotAnswerForm
from balmis.web.shared.appeal_rows import AppealRow, StandsForm, row_of
from balmis.web.shared.forms import Form

if TYPE_CHECKING:
    from balmis.contexts.campaigns.models import Campaign
    from balmis.contexts.safety.models import HoldAppeal, HoldOrder


@dataclass(frozen=True, slots=True)
class Waiting:
    """An appeal that nobody has answered. Of an order it is answered on the order's page."""

    appeal: HoldAppeal
    title: str
    by: str
    form: LotAnswerForm | None


def waiting_rows(campaign: Campaign, sent: Form | None, *, actor: Actor) -> list[Waiting]:
    """The oldest first; `sent` is the form that could not be done, as it was sent."""
    found = kept_appeals.waiting(campaign)
    names = names_of([a.by for a in found])
    return [
        Waiting(a, _title(a), doer(a.by, names), _form(a, sent) if may_answer(a, actor) else None)
        for a in found
    ]


def rows_against(
    order: HoldOrder, sent: Form | None, *, actor: Actor
) -> list[tuple[str, AppealRow]]:
    """Who asked, and what; the open ones first."""
    found = appeals_against(order)
    names = names_of([a.appeal.by for a in found])
    return [
        (
            doer(a.appeal.by, names),
            row_of(a, StandsForm.of(a.appeal.pk, sent) if may_answer(a.appeal, actor) else None),
        )
        for a in found
    ]


def _title(appeal: HoldAppeal) -> str:
    if appeal.order is not None:
        return words.order_title(appeal.order)
    assert appeal.hold is not None
    return lot_name(appeal.hold.lot)


def _form(appeal: HoldAppeal, sent: Form | None) -> LotAnswerForm | None:
    return LotAnswerForm.of(appeal.pk, sent) if appeal.hold is not None else None
