"""What people write of what has to be looked at, and the day's sheet that they read back."""

from typing import Unpack

from django import forms
from django.utils.translation import gettext_lazy as _

from balmis.core.clinic.paper_form import Row, Sheet
from balmis.core.vocabulary.clinic import ConflictEnd
from balmis.web.clinic.filled_sheet import MAX_FILE, read_day
from balmis.web.shared.forms import (
    Files,
    Form,
    FormOptions,
    KeyField,
    ReasonField,
    RowForm,
    Sent,
    UploadField,
    enum_field,
)
from balmis.web.shared.uploads import read_book

# what a person can say; that a record was taken back is said by taking it back
ENDS = {
    ConflictEnd.SAME_DOSE: _("One dose, written down twice"),
    ConflictEnd.TWO_DOSES: _("Two doses were given"),
}


class SettleForm(RowForm):
    """Two records of a dose: one dose or two; the button that was pressed says which."""

    key = "conflict"
    conflict = KeyField()
    reason = ReasonField(
        _("Who was there, and what did they say?"),
        most=500,
        ask=_("Say what was found out about the two records."),
    )
    end = enum_field(
        ConflictEnd,
        ENDS,
        "",
        ask=_("Say whether it was the same dose or two doses."),
        widget=forms.HiddenInput(),
    )


class ResolveForm(RowForm):
    """What was done about a step that was refused."""

    key = "step"
    step = KeyField()
    note = ReasonField(_("What was done about it?"), most=500, ask=_("Say what was done about it."))


class ReviewForm(RowForm):
    """What was found about a dose that broke a rule."""

    key = "dose"
    dose = KeyField()
    note = ReasonField(_("What was found?"), most=500, ask=_("Say what was found."))


class SheetForm(Form):
    """The day's sheet of a site, filled in."""

    sheet = UploadField(
        _("The sheet, filled in"),
        most=MAX_FILE,
        ask=_("Choose the day's sheet, saved as xlsx."),
        accept=".xlsx",
    )

    def __init__(
        self,
        data: Sent | None = None,
        files: Files = None,
        *,
        campaign: str,
        site: str,
        **options: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, files, **options)
        self.campaign, self.site = campaign, site

    def clean_sheet(self) -> tuple[Sheet, list[Row]] | None:
        """The sheet and its rows, in place of the file."""
        file = self.cleaned_data["sheet"]
        found: tuple[Sheet, list[Row]] | None = self.check(
            "sheet", lambda: read_day(read_book(file), campaign=self.campaign, site=self.site)
        )
        return found
