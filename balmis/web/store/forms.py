"""What people write on the store's forms."""

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy as _

from balmis.core.coldchain.loggers import COLDEST, WARMEST
from balmis.core.coldchain.transit import Way
from balmis.core.supply.gs1_scan import Scan, read_scan
from balmis.core.vocabulary.supply import WastageReason
from balmis.web.labels.common import WASTAGE
from balmis.web.shared.forms import (
    SHORTEST_REASON,
    CountField,
    DayField,
    DegreesField,
    DosesField,
    Form,
    KeyField,
    Label,
    ReasonField,
    RequestIdField,
    RowForm,
    TextField,
    enum_field,
)


class LotField(forms.ChoiceField):
    """A lot of the shelf, as 'product|number'; gives both."""

    def clean(self, value: object) -> tuple[str, str]:
        product, _bar, number = super().clean(value).partition("|")
        return product, number


class WayForm(Form):
    """The coldest and the warmest on the way, and for how long it was outside its range."""

    coldest = DegreesField(_("Coldest on the way, °C"), low=COLDEST, high=WARMEST, required=False)
    warmest = DegreesField(_("Warmest, °C"), low=COLDEST, high=WARMEST, required=False)
    minutes = CountField(
        _("Minutes outside its range"),
        most=999_999,
        required=False,
        error_messages={"invalid": _("Write for how many minutes it was outside its range.")},
    )

    def way(self) -> Way | None:
        """After `is_valid`."""
        coldest, warmest = self.cleaned_data["coldest"], self.cleaned_data["warmest"]
        if coldest is None or warmest is None:
            return None
        return Way(coldest, warmest, self.cleaned_data["minutes"])

    def clean(self) -> None:
        coldest, warmest = self.cleaned_data.get("coldest"), self.cleaned_data.get("warmest")
        if self.errors.keys() & {"coldest", "warmest"}:
            return
        if (coldest is None) != (warmest is None):
            missing = "coldest" if coldest is None else "warmest"
            self.add_error(missing, _("Write both the coldest and the warmest on the way."))
        elif coldest is not None and warmest is not None and coldest > warmest:
            self.add_error("coldest", _("The coldest is warmer than the warmest."))


class PromiseForm(Form):
    """Doses for another site of the campaign."""

    request_id = RequestIdField()
    lot = LotField(label=_("Lot"))
    target = forms.ChoiceField(label=_("To site"))
    doses = DosesField()


class TransferForm(Form):
    """Which transfer: it has left."""

    transfer = KeyField()


class CancelForm(TransferForm):
    reason = ReasonField()


class ReceiveForm(TransferForm, WayForm):
    doses = DosesField(_("Doses counted"))
    reason = TextField(_("Why it differs"), most=300, required=False)

    field_order = ("transfer", "doses", "coldest", "warmest", "minutes", "reason")


class DiscardForm(Form):
    """Doses to be thrown away, when a second person agrees."""

    request_id = RequestIdField()
    lot = LotField(label=_("Lot"))
    doses = DosesField()
    why = enum_field(WastageReason, WASTAGE, _("Why?"), ask=_("Say why the doses are thrown away."))
    note = TextField(_("What happened"), most=300)


class AgreeForm(Form):
    """Which discard a second person answers."""

    discard = KeyField()


class OrderField(forms.TypedChoiceField):
    """An open order. One that has ended since the page was shown is left to the flow, which knows
    whether the delivery that ended it is only sent again."""

    def __init__(self, label: Label) -> None:
        super().__init__(label=label, coerce=int, empty_value=None, required=False)

    def valid_value(self, value: object) -> bool:
        key = str(value)
        return key.isascii() and key.isdigit() and len(key) < 19


class ScanForm(Form):
    """The code of a vial or a carton; `found` is what it says."""

    found: Scan | None = None
    scan = TextField(
        _("Scan a vial or a carton"),
        most=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_scan(self) -> str:
        text: str = self.cleaned_data["scan"]
        self.found = self.check("scan", lambda: read_scan(text))
        return text


class DeliveryForm(WayForm):
    """Goods of one lot that were counted in."""

    request_id = RequestIdField()
    product = forms.ChoiceField(
        label=_("Vaccine"),
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose the vaccine.")),
    )
    lot = TextField(_("Lot"), most=40, error_messages={"required": _("Enter the lot number.")})
    expires = DayField(_("Expires"), required=False)
    order = OrderField(_("Of the order"))
    doses = DosesField(
        _("Doses counted"), error_messages={"required": _("Say how many doses were counted.")}
    )
    noted = DosesField(_("Doses on the delivery note"), required=False)
    reason = TextField(_("Why it differs"), most=300, required=False)
    sure = forms.BooleanField(label=_("It is as written: I have looked."), required=False)

    field_order = (
        *("request_id", "product", "lot", "expires", "order", "doses", "noted", "reason"),
        *("coldest", "warmest", "minutes", "sure"),
    )

    def clean(self) -> None:
        super().clean()
        asked = self.cleaned_data
        if asked.get("doses") is not None and not asked["doses"]:
            self.add_error("doses", _("Say how many doses were counted."))
        differs = asked.get("noted") is not None and asked["noted"] != asked.get("doses")
        if differs and not self.errors and len(asked["reason"]) < SHORTEST_REASON:
            said = _("The delivery note says another number: say why it differs.")
            self.add_error("reason", said)

    def in_doubt(self) -> bool:
        """Everything could be read, and the flow wants to know whether they are sure."""
        return self.is_bound and set(self.errors) == {NON_FIELD_ERRORS}


class OrderForm(Form):
    """Doses that are expected."""

    request_id = RequestIdField()
    product = forms.ChoiceField(
        label=_("Vaccine"),
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose the vaccine.")),
    )
    doses = DosesField(error_messages={"required": _("Say how many doses are ordered.")})
    expected = DayField(
        _("Expected on"), ask=_("Say on which day they are expected: today or later.")
    )
    supplier = TextField(_("Supplier"), most=200, required=False)

    def clean(self) -> None:
        if self.cleaned_data.get("doses") == 0:
            self.add_error("doses", _("Say how many doses are ordered."))


class EndOrderForm(RowForm):
    """Nothing more of an order comes."""

    key = "end"
    end = KeyField()
    why = ReasonField(ask=_("Say why nothing more is expected."))
