"""Appeals against holds, as the site that asked and the desk that answers see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from balmis.core.vocabulary.safety import AppealStatus
from balmis.flows.holds.hold_appeals import MOST
from balmis.flows.holds.site_holds import Appealed
from balmis.web.labels.people import office_of
from balmis.web.labels.safety import APPEALS
from balmis.web.shared.forms import KeyField, ReasonField, RowForm

if TYPE_CHECKING:
    from balmis.contexts.safety.models import HoldAppeal

TONES = {AppealStatus.OPEN: "warn", AppealStatus.LIFTED: "good"}


class StandsForm(RowForm):
    """The answer that a hold stands."""

    key = "appeal"
    appeal = KeyField()
    words = ReasonField(
        _("It stands, because …"), most=MOST, rows=2, ask=_("Say why the hold stands.")
    )


@dataclass(frozen=True, slots=True)
class AppealRow:
    """What was asked, what was answered and by which office; the form of the answer, where the reader
    may give it."""

    appeal: HoldAppeal
    state: str
    tone: str
    answer: str
    office: str
    form: RowForm | None = None


def row_of(found: Appealed, form: RowForm | None = None) -> AppealRow:
    a = found.appeal
    status, by_program = AppealStatus(a.status), a.answered_by.startswith("system:")
    return AppealRow(
        a,
        str(APPEALS[status]),
        TONES.get(status, "bad"),
        gettext(a.answer) if by_program and a.answer else a.answer,
        office_of(a.answered_by, found.office) if a.answered_by else "",
        form if status is AppealStatus.OPEN else None,
    )
