"""What residents write: who they are, when they come, what happened."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol, Unpack

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from balmis.core.refusal_texts import REASONS
from balmis.core.vocabulary.reasons import Refused
from balmis.web.labels import safety as labels
from balmis.web.labels.formats import in_line, named
from balmis.web.shared.forms import (
    AnyOf,
    DayField,
    Files,
    Form,
    FormOptions,
    KeyField,
    KeysField,
    Label,
    LanguageField,
    OneOf,
    PlainField,
    RequestIdField,
    Sent,
    TextField,
    offer,
)
from balmis.web.shared.person_form import BirthdayField, ReachedForm
from balmis.web.shared.time_form import TimeForm

Standbys = Iterable[tuple[str, dict[str, str], date]]


class Product(Protocol):
    @property
    def name(self) -> str: ...


class Given(Protocol):
    """A dose that somebody had."""

    @property
    def pk(self) -> object: ...

    @property
    def given_on(self) -> date: ...

    @property
    def product(self) -> Product: ...


# ---- who you are -----------------------------------------------------------------------------


def number_field(label: Label, ask: Label) -> PlainField:
    as_written = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
    return PlainField(label, ask=ask, most=60, widget=forms.TextInput(attrs=as_written))


class ClaimForm(ReachedForm):
    """Who I am: the code of my letter or a number, the birthday, and where a code may be sent."""

    number = number_field(
        _("The code on your letter, or your number"),
        _("Enter the code on your letter, or your number."),
    )
    born = BirthdayField(ask=_("Enter your date of birth, for example 5 3 1958."))
    field_order = ("number", "born", "address")


class FamilyForm(Form):
    """Who comes along."""

    number = number_field(
        _("The code on their letter, or their number"),
        _("Enter the code on the letter, or the number."),
    )
    born = BirthdayField(ask=_("Enter the date of birth, for example 5 3 1958."))


class RemoveForm(Form):
    """Who does not come along after all."""

    remove = KeyField()


class CodeForm(Form):
    """The code that was sent; whatever else is written is a wrong one."""

    code = PlainField(
        pgettext_lazy("sent to a phone", "Code"),
        ask=_(REASONS[Refused.CODE_WRONG]),
        most=16,  # with spaces
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "size": 8}
        ),
        error_messages={"max_length": _(REASONS[Refused.CODE_WRONG])},
    )

    def __init__(
        self,
        data: Sent | None = None,
        files: Files = None,
        **kwargs: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, files, **kwargs)
        if not self.is_bound:  # else the summary of what is wrong comes first
            self.fields["code"].widget.attrs["autofocus"] = True


# ---- when you come ---------------------------------------------------------------------------


class HoldForm(TimeForm):
    """A time for those who are there, or another one for a booking."""

    move = KeyField(required=False)


class ConfirmForm(Form):
    """What was held when the page was shown."""

    held = KeysField("", required=False, widget=forms.MultipleHiddenInput)


class StandbyForm(Form):
    """Where and when somebody could come at short notice."""

    where = forms.ChoiceField(
        label=_("Where and when could you come?"),
        widget=OneOf,
        error_messages={
            "required": _("Choose a place and a day."),
            "invalid_choice": _("Choose a place and a day."),
        },
    )

    def __init__(
        self,
        data: Sent | None = None,
        files: Files = None,
        *,
        choices: Standbys,
        **kwargs: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, files, **kwargs)
        offer(
            self,
            "where",
            [
                (f"{site}@{on.isoformat()}", in_line(_on(on), named(names)))
                for site, names, on in choices
            ],
        )

    def clean_where(self) -> tuple[str, date]:
        site, _at, day = self.cleaned_data["where"].rpartition("@")
        return site, date.fromisoformat(day)


def _on(day: date) -> str:
    return date_format(day, gettext("l, j F"))


class LeaveForm(Form):
    """Which place on the standby list is given up."""

    leave = KeyField()


# ---- messages, and what happened --------------------------------------------------------------


class MessagesForm(Form):
    """Which messages somebody wants."""

    tell = forms.ChoiceField(
        label=_("Messages"),
        widget=OneOf,
        choices=[
            ("1", _("invitations, reminders and confirmations")),
            ("0", _("only codes, and what I do myself")),
        ],
    )
    language = LanguageField()


class EventForm(Form):
    """What happened after a dose."""

    request_id = RequestIdField()
    dose = forms.TypedChoiceField(label=_("After which dose?"), coerce=int, widget=OneOf)
    onset = DayField(_("Began on"), error_messages={"required": _("Say on which day it began.")})
    symptom = forms.MultipleChoiceField(
        label=_("What is it?"), choices=labels.SYMPTOMS.items(), widget=AnyOf, required=False
    )
    words = TextField(_("In your own words (you need not)"), most=4000, rows=3, required=False)
    care = forms.ChoiceField(
        label=_("Did you see somebody about it?"),
        choices=labels.CARE.items(),
        widget=OneOf,
        initial="none",
        required=False,
    )

    def __init__(
        self,
        data: Sent | None = None,
        files: Files = None,
        *,
        doses: Iterable[Given],
        **kwargs: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, files, **kwargs)
        choices = [(str(d.pk), f"{date_format(d.given_on)} · {d.product.name}") for d in doses]
        offer(self, "dose", choices)
        if choices:
            self.initial.setdefault("dose", choices[-1][0])
        for field in ("dose", "symptom", "care"):
            choose = gettext("Choose from the list.")
            self.fields[field].error_messages |= {"required": choose, "invalid_choice": choose}


# ---- a unit's link ---------------------------------------------------------------------------


class JoinForm(Form):
    """To be on a unit's roster; and whether the unit may see where they stand."""

    seen = forms.BooleanField(required=False, initial=False)
