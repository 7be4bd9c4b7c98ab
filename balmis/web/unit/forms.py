"""What a unit's coordinator sends: a list of people, whom to book, and what people said."""

from django import forms
from django.utils.translation import gettext_lazy as _

from balmis.core.vocabulary.units import Willingness
from balmis.web.shared.forms import Form, KeysField, RequestIdField, TextField, UploadField
from balmis.web.shared.list_forms import day_first_of, day_order_field

MAX_FILE = 2 * 1024 * 1024  # bytes
LEFT, ATTEST = "left", "attest"  # what a button says beside an answer of a person
MAKE, END = "make", "end"  # what becomes of the unit's link


class RosterForm(Form):
    """A list of the unit's people."""

    file = UploadField(
        _("File"),
        most=MAX_FILE,
        ask=_("Choose a CSV or Excel file of up to 2 MB."),
        accept=".csv, .txt, .xlsx",
    )
    page = TextField(_("Sheet, if the file has several"), most=100, required=False)
    order = day_order_field()

    def day_first(self) -> bool | None:
        return day_first_of(self.cleaned_data["order"])


class PeopleForm(Form):
    """Those who were ticked on the roster."""

    person = KeysField(_("The roster"), required=False)
    reason = TextField(_("Reason, if they wish to give one"), most=200, required=False)

    def ticked(self) -> set[str]:
        return set(self["person"].value() or ())


class BookForm(PeopleForm):
    """Places of the unit's block, for them or for everyone who is missing."""

    request_id = RequestIdField()


class AnswerForm(PeopleForm):
    """What they said, or that they have left; or that the roster is attested. A button says which."""

    answer = forms.ChoiceField(
        choices=[(word, word) for word in (*Willingness, LEFT, ATTEST)], widget=forms.HiddenInput
    )


class LinkForm(Form):
    """A link is made, in place of the one before, or ended. A button says which."""

    request_id = RequestIdField()
    do = forms.ChoiceField(choices=[(word, word) for word in (MAKE, END)], widget=forms.HiddenInput)
