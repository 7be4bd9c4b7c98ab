"""Name, birthday, home and address, as a form asks for them."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Unpack

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from balmis.contexts.people.registrations import Stated
from balmis.contexts.places import queries as places
from balmis.core.collation import sort_key
from balmis.core.errors import BadInput
from balmis.core.vocabulary.people import Sex
from balmis.flows.booking.resident_sign_in import read_address
from balmis.web.labels.formats import named
from balmis.web.labels.people import SEXES
from balmis.web.shared.forms import (
    Choices,
    Files,
    Form,
    FormOptions,
    Label,
    OneOf,
    PlainField,
    Sent,
    TextField,
    enum_field,
    offer,
)
from balmis.web.shared.rows import OfArea

PARTS = {
    "day": (pgettext_lazy("of birth", "Day"), 2),
    "month": (pgettext_lazy("of birth", "Month"), 2),
    "year": (pgettext_lazy("of birth", "Year"), 4),
}
YEAR_FIRST = ("ko", "zh-hans")
EARLIEST = 1880


class BirthdayInput(forms.Widget):
    """Three inputs called day, month and year, in the order of the language."""

    template_name = "widgets/birthday.html"
    use_fieldset = True

    def id_for_label(self, id_: str, index: object = None) -> str:
        return _part_id(id_, _order()[0])

    def value_from_datadict(
        self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str
    ) -> tuple[str, ...]:
        return tuple(data.get(part, "").strip() for part in PARTS)

    def value_omitted_from_data(
        self, data: Mapping[str, object], files: MultiValueDict[str, Any], name: str
    ) -> bool:
        return not any(part in data for part in PARTS)

    def get_context(
        self, name: str, value: Any, attrs: dict[str, object] | None
    ) -> dict[str, object]:
        context = super().get_context(name, None, attrs)
        written = dict(zip(PARTS, value or ("", "", ""), strict=True))
        common = context["widget"]["attrs"]
        context["widget"]["parts"] = [_part(name, written[name], common) for name in _order()]
        return context


def _order() -> list[str]:
    return list(PARTS)[::-1] if get_language() in YEAR_FIRST else list(PARTS)


def _part_id(id_: str, part: str) -> str:
    """It stands where the id of the whole field would: id_born, id_day."""
    return re.sub("[a-z]+$", part, id_)


def _part(name: str, value: str, common: dict[str, Any]) -> dict[str, object]:
    label, most = PARTS[name]
    own = {
        "id": _part_id(common.get("id", ""), name),
        "inputmode": "numeric",
        "autocomplete": f"bday-{name}",
        "maxlength": most,
        "size": most,
    }
    return {
        "name": name,
        "type": "text",
        "value": value or None,
        "label": label,
        "attrs": common | own,
    }


class BirthdayField(forms.Field):
    """A day between 1880 and today; `ask` is said of anything else."""

    def __init__(self, *, ask: Label) -> None:
        wrong = {"required": ask, "invalid": ask}
        super().__init__(label=_("Date of birth"), widget=BirthdayInput, error_messages=wrong)

    def to_python(self, value: Any) -> date:
        try:
            day, month, year = map(int, value)
            born = date(year, month, day)
        except (ValueError, OverflowError):
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        if born > datetime.now(UTC).date() or born.year < EARLIEST:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return born


class ReachedOptions(FormOptions):
    zone: str


class ReachedForm(Form):
    """With a phone number or an e-mail address, read as in the campaign's country."""

    address = TextField(
        _("Phone number or e-mail address"),
        most=254,
        help_text=_("We send you a code there, and your appointment."),
        widget=forms.TextInput(attrs={"autocomplete": "tel"}),
        error_messages={"required": _("Enter a phone number or an e-mail address.")},
    )

    def __init__(
        self,
        data: Sent | None = None,
        files: Files = None,
        *,
        zone: str,
        **kwargs: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, files, **kwargs)
        self.zone = zone

    def clean_address(self) -> str:
        text: str = self.cleaned_data["address"]
        try:
            if text:
                read_address(text, self.zone)
        except BadInput:
            raise ValidationError(gettext("Enter a phone number or an e-mail address.")) from None
        return text


class PersonForm(ReachedForm):
    """Who somebody is, without a number. `areas` are those in which they may live."""

    name = PlainField(
        _("Full name"),
        ask=_("Enter your full name."),
        most=120,
        min_length=2,
        widget=forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
    )
    born = BirthdayField(ask=_("Enter your date of birth, for example 5 3 1958."))
    sex = enum_field(Sex, SEXES, _("Sex"), ask=_("Choose one."), widget=OneOf(in_row=True))
    area = forms.ChoiceField(
        label=_("Where you live"),
        error_messages={
            "required": _("Choose the area in which you live."),
            "invalid_choice": _("Choose the area in which you live."),
        },
    )
    field_order = ("name", "born", "sex", "area", "address")

    def __init__(
        self,
        data: Sent | None = None,
        files: Files = None,
        *,
        areas: Choices,
        **kwargs: Unpack[ReachedOptions],
    ) -> None:
        super().__init__(data, files, **kwargs)
        offer(self, "area", [("", _("Choose")), *areas])

    def typed(self) -> dict[str, object]:
        """After `is_valid`: as the form shows it again, in plain words for a session."""
        born: date = self.cleaned_data["born"]
        words = {name: str(self.cleaned_data[name]) for name in ("name", "sex", "area", "address")}
        return {**words, "born": [born.day, born.month, born.year]}

    def stated(self) -> Stated:
        """After `is_valid`."""
        said = self.cleaned_data
        return Stated(
            name=" ".join(said["name"].split()),
            born=said["born"],
            sex=said["sex"],
            area=said["area"],
            address=said["address"],
            language=get_language() or "en",
        )


def areas_of(campaign: OfArea) -> list[tuple[str, str]]:
    """The smallest areas, by name."""
    below = places.areas_below(campaign.area.code)
    parents = {a.parent_id for a in below}
    leaves = [a for a in below if a.id not in parents]
    rows = ((a.code, named(a.names)) for a in leaves)
    return sorted(rows, key=lambda row: sort_key(row[1], get_language() or "en"))
