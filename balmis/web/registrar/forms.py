"""What the registration desk writes."""

from collections.abc import Sequence

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from balmis.core.birth_date import BirthDate
from balmis.core.files.date_column import DateColumn, NoDate
from balmis.core.vocabulary.people import Sex
from balmis.flows.booking.resident_sign_in import read_address
from balmis.flows.people.merge import FACTS
from balmis.web.labels.people import COLUMNS, SEXES
from balmis.web.shared.forms import (
    Form,
    KeyField,
    LanguageField,
    PlainField,
    ReasonField,
    TextField,
    enum_field,
    offer,
)
from balmis.web.shared.person_form import PersonForm, ReachedForm

NEW = "new"  # none of those who are alike


class SearchForm(Form):
    """A part of a name, a number or a phone. It is sent as a form: it stands in no address and no log."""

    q = TextField(_("Name, number or phone"), most=60, required=False)


class ServeForm(Form):
    """Why a desk serves somebody of another one."""

    why = ReasonField(_("Why are they served here?"), most=200)


class GroupForm(Form):
    """A group of the plan that somebody belongs to."""

    group = forms.ChoiceField(
        label=_("Add to a group"), error_messages={"required": _("Choose the group.")}
    )

    def __init__(
        self, data: QueryDict | None = None, *, groups: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(data)
        offer(self, "group", [("", _("Choose …")), *groups])


class DetailsForm(Form):
    """Where somebody lives, and who speaks for them."""

    address = TextField(_("Address"), most=250, required=False)
    guardian = TextField(_("Guardian"), most=250, required=False)
    guardian_relation = TextField(_("Guardian's relation"), most=60, required=False)
    guardian_phone = TextField(_("Guardian's phone"), most=40, required=False)


class EndTraitForm(Form):
    """What is noted of somebody and is not so."""

    trait = KeyField()
    why = ReasonField(_("Why is it not so?"), most=200)


class CorrectForm(Form):
    """Who somebody is, as their document says."""

    name = PlainField(_("Name"), ask=_("Write the name."), most=120)
    romanised_name = PlainField(_("Name in Latin letters"), ask="", most=120, required=False)
    born = forms.CharField(
        label=_("Date of birth: day, month or year"),
        help_text=_(
            "The year alone is enough where the day is not known; with ~ before it, about."
        ),
    )
    sex = enum_field(Sex, SEXES, _("Sex"))
    national_id = PlainField(_("National number"), ask="", most=40, required=False)
    document = ReasonField(_("Document that you have seen"), most=200)

    def clean_born(self) -> BirthDate:
        try:
            return DateColumn(None).read(self.cleaned_data["born"])
        except NoDate as error:
            said = gettext(error.message).format(**dict(error.facts))
            raise forms.ValidationError(said) from None


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
    taking = forms.MultipleChoiceField(
        choices=[(name, COLUMNS[name]) for name in FACTS],
        required=False,
    )

    def taken(self) -> set[str]:
        return set(self["taking"].value() or ())


class UndoForm(Form):
    """Which merge was none."""

    merge = KeyField()
