"""What the registration desk writes."""

from django import forms
from django.utils.translation import gettext_lazy as _

from balmis.flows.booking.resident_sign_in import read_address
from balmis.web.shared.forms import (
    Form,
    KeyField,
    LanguageField,
    PlainField,
    TextField,
)
from balmis.web.shared.person_form import PersonForm, ReachedForm

NEW = "new"  # none of those who are alike


class SearchForm(Form):
    """A part of a name, a number or a phone. It is sent as a form: it stands in no address and no log."""

    q = TextField(_("Name, number or phone"), most=60, required=False)


class CancelForm(Form):
    """Which booking is cancelled."""

    booking = KeyField()


class AddressForm(ReachedForm):
    """Where somebody is reached from now on."""

    address = TextField(
        _("Phone or e-mail (empty: none)"),
        most=254,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    language = LanguageField()
    document = forms.BooleanField(
        label=_("I have seen their document: they may sign in from there"), required=False
    )

    def clean_address(self) -> str:
        text: str = self.cleaned_data["address"]
        if text:
            self.check("address", lambda: read_address(text, self.zone))
        return text


class RegisterForm(PersonForm):
    """Someone at the desk; they need not have a phone or a mail."""

    address = TextField(
        _("Phone number or e-mail address, if there is one"), most=254, required=False
    )


class DecideForm(Form):
    """Whom a registration is of: one of the register, or nobody known."""

    person = forms.CharField(widget=forms.HiddenInput)
    document = TextField(_("Document that you have seen"), most=200, required=False)
    reached = forms.BooleanField(required=False)

    def clean_person(self) -> int | None:
        text: str = self.cleaned_data["person"]
        if text == NEW:
            return None
        return int(KeyField().clean(text))


class MergeForm(Form):
    """Another record of the same person, and how that is known."""

    other = PlainField(
        "",
        ask=_("Enter the number of exactly one other record."),
        most=60,
        widget=forms.HiddenInput,
    )
    reason = TextField(
        _("How do you know?"),
        most=500,
        error_messages={"required": _("Say why these are one person.")},
    )


class UndoForm(Form):
    """Which merge was none."""

    merge = KeyField()
