"""What people write on the store's forms."""

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from balmis.core.coldchain.loggers import COLDEST, WARMEST
from balmis.core.coldchain.transit import Way
from balmis.core.errors import BadInput
from balmis.core.vocabulary.supply import WastageReason
from balmis.web.labels.common import WASTAGE
from balmis.web.shared.forms import (
    CountField,
    DegreesField,
    DosesField,
    Form,
    KeyField,
    ReasonField,
    RequestIdField,
    TextField,
    enum_field,
)


class LotField(forms.ChoiceField):
    """A lot of the shelf, as 'product|number'; gives both."""

    def clean(self, value: Any) -> tuple[str, str]:
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


def read_request_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("request_id", ""))
    except ValueError:
        raise Http404 from None


def read_doses(text: str) -> Decimal:
    """Whole doses; '1,000' is refused, for it may be one or a thousand."""
    bare = text.strip()
    if not bare.isascii() or not bare.isdigit() or len(bare) > 7:
        raise BadInput(gettext("Write the doses as a whole number, without a comma or a point."))
    return Decimal(bare)


def read_way(request: HttpRequest) -> Way | None:
    """The coldest and the warmest on the way, and for how long it was outside its range."""
    asked = request.POST
    coldest, warmest = (_degrees(asked.get(name, "")) for name in ("coldest", "warmest"))
    if coldest is None and warmest is None:
        return None
    if coldest is None or warmest is None:
        raise BadInput(gettext("Write both the coldest and the warmest on the way."))
    if coldest > warmest:
        raise BadInput(gettext("The coldest is warmer than the warmest."))
    minutes = asked.get("minutes", "").strip()
    if minutes and not (minutes.isascii() and minutes.isdigit() and len(minutes) < 7):
        raise BadInput(gettext("Write for how many minutes it was outside its range."))
    return Way(coldest, warmest, int(minutes) if minutes else None)


def _degrees(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        found = Decimal(text.strip().replace(",", ".").replace("−", "-"))
    except InvalidOperation:
        raise BadInput(gettext("Write the temperature in °C, like 5.4.")) from None
    if not (found.is_finite() and COLDEST <= found <= WARMEST):
        raise BadInput(gettext("Write the temperature in °C, like 5.4."))
    return float(round(found, 2))
