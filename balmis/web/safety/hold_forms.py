"""What people write and press about holds."""

from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from balmis.core.vocabulary.safety import HoldKind, HoldScope, HoldStatus
from balmis.flows.holds.hold_orders import Ask
from balmis.web.labels import safety as words
from balmis.web.safety.forms import NOT_LISTED, ButtonField
from balmis.web.shared.appeal_rows import StandsForm
from balmis.web.shared.forms import (
    LARGEST_KEY,
    CountField,
    Form,
    Label,
    ReasonField,
    RequestIdField,
    TextField,
    enum_field,
)

ENDS = {
    "lift": HoldStatus.LIFTED,
    "recall": HoldStatus.RECALLED,
    "review": HoldStatus.REVIEWED,
    "drop": HoldStatus.DROPPED,
}
GROUND = _("Say what was decided, and on what ground.")
OLDEST = 200  # an age that nobody has: no limit


def _hours(label: Label) -> CountField:
    """How long it lasts; how long it may, the campaign's policy says."""
    return CountField(label, most=99_999, required=False)


class ProposeForm(Form):
    """What somebody wants to hold."""

    request_id = RequestIdField()
    scope = enum_field(
        HoldScope, words.SCOPES, _("What is held"), ask=NOT_LISTED, widget=forms.Select()
    )
    kind = enum_field(HoldKind, words.KINDS, _("How"), ask=NOT_LISTED, widget=forms.Select())
    product = forms.ChoiceField(
        label=_("Vaccine"),
        required=False,
        error_messages={"invalid_choice": _("Choose the vaccine.")},
    )
    lot = TextField(_("Lot"), most=40, required=False)
    site = forms.ChoiceField(
        label=_("Site"), required=False, error_messages={"invalid_choice": _("Choose the site.")}
    )
    from_age = CountField(_("From age"), most=OLDEST, required=False)
    to_age = CountField(_("To age"), most=OLDEST, required=False)
    sex = forms.ChoiceField(
        label=_("Sex"),
        choices=[("", _("all")), ("F", _("female")), ("M", _("male"))],
        required=False,
        error_messages={"invalid_choice": NOT_LISTED},
    )
    reason = ReasonField(_("Why"), most=1000, rows=2, ask=_("Say why it is to be held."))
    hours = _hours(_("Hours (empty: 24 soft, 72 hard)"))

    FIRST = ("scope", "kind", "product", "lot", "site")
    GROUP = ("from_age", "to_age", "sex")

    def first(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FIRST]

    def group(self) -> list[forms.BoundField]:
        """For whom, where it is not for all."""
        return [self[name] for name in self.GROUP]

    def for_a_group(self) -> bool:
        chosen = self["scope"].value() == HoldScope.PRODUCT_GROUP
        return chosen or bool(self.errors.keys() & set(self.GROUP))

    def ask(self) -> Ask:
        """After `is_valid`."""
        asked = self.cleaned_data
        return Ask(
            **asked
            | {
                "from_age": asked["from_age"] or 0,
                "to_age": OLDEST if asked["to_age"] is None else asked["to_age"],
                "hours": asked["hours"] or 0,
            }
        )


class SignHoldForm(Form):
    """The order stands as it is shown; or it stops at once, by one alone."""

    act = ButtonField(["sign", "emergency"])


class DropForm(Form):
    """A proposal is not wanted."""

    act = ButtonField(ENDS)
    decision = ReasonField(_("Why it is not wanted"), most=1000, ask=GROUND)


class EndForm(DropForm):
    """What becomes of an order in force."""

    decision = ReasonField(_("What was decided, and on what ground"), most=1000, rows=2, ask=GROUND)
    hours = _hours(_("If it goes on: hours"))


class LotAnswerForm(StandsForm):
    """The answer to a site about a lot that was held by hand: it stands, or it is released."""

    act = ButtonField(["keep", "release"])
    words = ReasonField(_("What was decided, and on what ground"), most=500, rows=2, ask=GROUND)


class MoveForm(Form):
    """Those booked go elsewhere: so many as the page said."""

    request_id = RequestIdField()
    expected = forms.IntegerField(min_value=0, max_value=LARGEST_KEY, widget=forms.HiddenInput)

    def agreed(self) -> tuple[UUID, int]:
        """After `is_valid`."""
        return self.cleaned_data["request_id"], self.cleaned_data["expected"]
