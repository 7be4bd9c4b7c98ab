"""What people write of fridges: the register, readings, files of loggers, and what is decided."""

from decimal import Decimal
from typing import Any, Unpack

from django import forms
from django.utils.translation import gettext_lazy as _

from balmis.core.coldchain.loggers import COLDEST, MOST_BYTES, WARMEST
from balmis.core.vocabulary.coldchain import Condition, EquipmentKind, Ruling
from balmis.web.labels.coldchain import CONDITIONS, EQUIPMENT, RULINGS
from balmis.web.shared.forms import (
    CountField,
    DayField,
    DegreesField,
    Files,
    Form,
    FormOptions,
    KeyField,
    KeysField,
    Label,
    LocalTimeField,
    OneOf,
    ReasonField,
    RequestIdField,
    RowForm,
    Sent,
    TextField,
    UploadField,
    enum_field,
)

MOST_HOURS = 31_999  # without power


class LitresField(forms.DecimalField):
    """Litres of vaccine that fit in, with a point or a comma."""

    def __init__(self, label: Label, *, ask: Label) -> None:
        decimal = forms.TextInput(attrs={"inputmode": "decimal", "size": 7})
        least, most = Decimal("0.1"), Decimal("999999.9")
        super().__init__(label=label, widget=decimal, min_value=least, max_value=most)
        codes = ("required", "invalid", "min_value", "max_value")
        self.error_messages |= dict.fromkeys(codes, ask)

    def to_python(self, value: object) -> Any:
        return super().to_python(str(value or "").replace(",", "."))


class EnterForm(Form):
    """Equipment for the register."""

    code = TextField(
        _("Code on its label"),
        most=30,
        widget=forms.TextInput(attrs={"pattern": r"[A-Za-z0-9_\-]+"}),
    )
    kind = enum_field(EquipmentKind, EQUIPMENT, _("Kind"), widget=forms.Select())
    litres = LitresField(
        _("Litres for vaccine"), ask=_("Say how many litres of vaccine it can hold.")
    )
    make = TextField(_("Maker and model"), most=200, required=False)


class ChangeForm(Form):
    """What the register says of equipment that is in it."""

    code = forms.CharField(max_length=30, widget=forms.HiddenInput)
    kind = enum_field(EquipmentKind, EQUIPMENT, _("Kind"), widget=forms.Select())
    condition = enum_field(Condition, CONDITIONS, _("Condition"), widget=forms.Select())
    litres = LitresField(
        _("Litres for vaccine"), ask=_("Say how many litres of vaccine it can hold.")
    )
    make = TextField(_("Maker and model"), most=200, required=False)
    holdover = CountField(_("Hours without power"), most=MOST_HOURS, required=False)
    qualified = DayField(_("Qualified until"), required=False)
    serviced = DayField(_("Serviced on"), required=False)


class ReadingForm(Form):
    """A reading by hand; without a time it is of now."""

    celsius = DegreesField(_("Temperature, °C"), low=COLDEST, high=WARMEST)
    at = LocalTimeField(_("When"), required=False)

    def __init__(
        self, data: Sent | None = None, *, zone: str, **options: Unpack[FormOptions]
    ) -> None:
        super().__init__(data, **options)
        self.fields["at"].zone = zone  # type: ignore[attr-defined]


class LoggerForm(Form):
    """The file of a data logger."""

    readings = UploadField(
        "",
        most=MOST_BYTES,
        ask=_("Choose the logger's file, of at most 2 MB."),
        accept=".csv, .txt, .tsv, text/csv, text/plain",
    )
    order = forms.ChoiceField(
        label=_("Dates like 03/04/2021 are"),
        choices=[
            ("", _("not in the file")),
            ("day", _("3 April: the day first")),
            ("month", _("March 4: the month first")),
        ],
        required=False,
    )

    def __init__(
        self,
        data: Sent | None = None,
        files: Files = None,
        **options: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, files, **options)
        asked = _("CSV with a time and a temperature, at most %(most)s MB")
        self.fields["readings"].label = asked % {"most": MOST_BYTES // 1_000_000}

    def day_first(self) -> bool | None:
        """After `is_valid`; None: its days cannot be mistaken."""
        return {"day": True, "month": False}.get(self.cleaned_data["order"])


class WithdrawForm(RowForm):
    """A reading that was mistyped."""

    key = "reading"
    reading = KeyField()
    reason = ReasonField(
        _("What is wrong with it?"),
        ask=_("Say why the reading is wrong."),
        widget=forms.TextInput(attrs={"placeholder": _("What is wrong with it?")}),
    )


class StowForm(RowForm):
    """A lot that is in this equipment from now on."""

    key = "lot"
    lot = KeyField()


class SensorForm(Form):
    """A secret for a sensor."""

    request_id = RequestIdField()


class QuarantineForm(Form):
    """Lots that are on hold until it is decided."""

    lot = KeysField(
        _("The lots"),
        error_messages={"required": _("Choose among the lots that were in the equipment.")},
    )


class DecideForm(Form):
    """Whether the lots may still be given."""

    ruling = enum_field(
        Ruling,
        RULINGS,
        _("The lots"),
        ask=_("Choose what was decided."),
        widget=OneOf(),
    )
    ground = ReasonField(
        _("On what ground, and who was asked"),
        most=500,
        ask=_("Say what was decided about the lots, and on what ground."),
    )
