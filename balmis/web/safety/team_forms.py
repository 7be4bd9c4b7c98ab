"""What is pressed on the team's card and written on the wall."""

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from balmis.contexts.safety.response import Call
from balmis.core.vocabulary.safety import IncidentStatus, TeamKind
from balmis.flows.safety.response import Tap
from balmis.web.labels import safety as words
from balmis.web.safety.forms import NOT_LISTED, ButtonField, OfferedField
from balmis.web.shared.forms import Form, KeyField, RequestIdField, RowForm, TextField, enum_field

OVER = (IncidentStatus.CLOSED, IncidentStatus.STOOD_DOWN)  # who leads may say so, from the wall
UNSAID = _("Say what happened and how urgent it is.")


class MomentField(forms.CharField):
    """When it was, as a script says it: with its offset from UTC."""

    default_error_messages = {"invalid": _("This is not a time.")}
    widget = forms.HiddenInput

    def clean(self, value: object) -> datetime | None:
        text = super().clean(value)
        try:
            return datetime.fromisoformat(text) if text else None
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class TapForm(Form):
    """A button of the card, pressed now or while there was no network."""

    request_id = RequestIdField()
    to = ButtonField(
        IncidentStatus, coerce=IncidentStatus, ask=_("This button is not one of the card.")
    )
    at = MomentField(required=False)
    text = forms.CharField(max_length=300, widget=forms.HiddenInput, required=False)

    def tap(self, now: datetime) -> Tap:
        """After `is_valid`."""
        return Tap(**self.cleaned_data | {"at": self.cleaned_data["at"] or now})


class CallForm(Form):
    """Help is called from the wall."""

    request_id = RequestIdField()
    site = forms.ChoiceField(label=_("Site"), error_messages={"invalid_choice": NOT_LISTED})
    kind = enum_field(TeamKind, words.TEAMS, _("Team"), ask=NOT_LISTED, widget=forms.Select())
    urgency = forms.TypedChoiceField(
        label=_("How urgent"),
        choices=words.URGENCIES.items(),
        coerce=int,
        error_messages={"required": UNSAID, "invalid_choice": UNSAID},
    )
    what = TextField(_("What happened"), most=200, error_messages={"required": UNSAID})
    place = TextField(_("Where there"), most=80, required=False)

    def call(self) -> Call:
        """After `is_valid`."""
        asked = dict(self.cleaned_data)
        del asked["site"]
        return Call(**asked)


class IncidentForm(RowForm):
    """An incident on the wall: a team is sent to it, or it is over."""

    key = "incident"
    request_id = RequestIdField()
    incident = KeyField()
    act = ButtonField(["send", *OVER])
    team = OfferedField(label=_("Team"), required=False)

    def clean(self) -> None:
        if self.cleaned_data.get("act") == "send" and not self.cleaned_data.get("team"):
            self.add_error("team", _("Choose a team."))
