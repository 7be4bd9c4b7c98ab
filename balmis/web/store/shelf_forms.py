"""What people write at the shelf: holds, the end of a vial, and the count that closes the day."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Unpack

from django import forms
from django.utils.translation import gettext_lazy as _

from balmis.contexts.supply.stock_book import Shelf
from balmis.core.vocabulary.supply import WastageReason
from balmis.flows.holds.hold_appeals import MOST, AppealHold
from balmis.flows.supply.day_close import Counted
from balmis.web.labels.common import WASTAGE
from balmis.web.shared.forms import (
    Form,
    FormOptions,
    KeyField,
    Label,
    ReasonField,
    RequestIdField,
    RowForm,
    Sent,
    TextField,
    enum_field,
)


class HoldForm(Form):
    """Nothing of the lot is given here."""

    request_id = RequestIdField()
    product = forms.CharField(max_length=40, widget=forms.HiddenInput)
    lot = forms.CharField(max_length=40, widget=forms.HiddenInput)
    reason = ReasonField(_("Why must nothing of it be given?"), ask=_("Say why the lot is held."))

    def of_lot(self, product: str, number: str) -> bool:
        return (self.data.get("product"), self.data.get("lot")) == (product, number)


class ReleaseForm(RowForm):
    """The end of a hold."""

    key = "hold"
    hold = KeyField()
    decision = ReasonField(
        _("Decision, and on what ground"),
        ask=_("Say what was decided about the lot, and on what ground."),
    )


class AppealForm(RowForm):
    """A hold is to be looked at again."""

    key = "held"
    held = forms.RegexField(r"^(order|hold)-[1-9][0-9]{0,17}$", widget=forms.HiddenInput)
    request_id = RequestIdField()
    words = ReasonField(
        _("What should be looked at again, and why?"),
        most=MOST,
        rows=3,
        ask=_("Say what should be looked at again, and why."),
    )

    def against(self, site: str) -> AppealHold:
        """After `is_valid`."""
        kind, _, key = self.cleaned_data["held"].partition("-")
        return AppealHold(
            request_id=self.cleaned_data["request_id"],
            site=site,
            words=self.cleaned_data["words"],
            order_id=int(key) if kind == "order" else None,
            hold_id=int(key) if kind == "hold" else None,
        )


class VialForm(RowForm):
    """An open vial is at its end; why, where doses are left in it."""

    key = "vial"
    vial = forms.UUIDField(widget=forms.HiddenInput)
    why = enum_field(
        WastageReason,
        WASTAGE,
        _("Why what is left is wasted"),
        ask=_("Doses are left in the vial: say why they are wasted."),
        empty=_("wasted because …"),
        required=False,
    )


class CountedField(forms.DecimalField):
    """Doses on the shelf, as they were counted."""

    def __init__(self, label: Label) -> None:
        numeric = forms.TextInput(attrs={"inputmode": "numeric", "size": 6})
        super().__init__(
            label=label,
            widget=numeric,
            required=False,
            min_value=Decimal(0),
            max_value=Decimal(9_999_999),
        )
        told = _("A count is a number of doses.")
        self.error_messages |= dict.fromkeys(("invalid", "min_value", "max_value"), told)


@dataclass(frozen=True, slots=True)
class CountRow:
    """A row of the count: a lot of the shelf, and its two fields."""

    shelf: Shelf
    doses: forms.BoundField
    reason: forms.BoundField


class CloseForm(Form):
    """The count of every lot on the shelf; an empty one is not counted."""

    def __init__(
        self,
        shelves: Iterable[Shelf],
        data: Sent | None = None,
        **options: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, **options)
        self.shelves = list(shelves)
        for shelf in self.shelves:
            lot = shelf.lot
            count, reason = f"{_('Counted')} {lot.number}", f"{_('Why it differs')} {lot.number}"
            self.fields[f"count-{lot.pk}"] = CountedField(count)
            self.fields[f"reason-{lot.pk}"] = TextField(reason, most=300, required=False)

    def rows(self) -> list[CountRow]:
        return [
            CountRow(s, self[f"count-{s.lot.pk}"], self[f"reason-{s.lot.pk}"]) for s in self.shelves
        ]

    def counted(self) -> tuple[Counted, ...]:
        """After `is_valid`: what was counted."""
        return tuple(
            Counted(
                lot=s.lot.number,
                product=s.lot.product.code,
                doses=self.cleaned_data[f"count-{s.lot.pk}"],
                reason=self.cleaned_data[f"reason-{s.lot.pk}"],
            )
            for s in self.shelves
            if self.cleaned_data[f"count-{s.lot.pk}"] is not None
        )
