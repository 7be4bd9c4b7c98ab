"""What is written down while a reaction is treated, and who is called to it."""

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Unpack

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from balmis.core.vocabulary.safety import NoteKind, Treatment
from balmis.flows.safety.reactions import RANGES, NewNote
from balmis.web.labels import safety as words
from balmis.web.safety.forms import ButtonField, OfferedField
from balmis.web.shared.forms import Files, Form, FormOptions, Label, RequestIdField, Sent, TextField

UNWRITTEN = {"autocomplete": "off"}  # what was given to somebody else is not proposed


class VitalField(forms.CharField):
    """A number that can be measured on a living person."""

    default_error_messages = {
        "invalid": _("A vital sign is a number."),
        "range": _("A vital sign cannot be so low or so high. Measure again."),
    }

    def __init__(self, label: Label, *, low: float, high: float) -> None:
        self.low, self.high = low, high
        typed = forms.TextInput(attrs={"inputmode": "decimal", "size": 5} | UNWRITTEN)
        super().__init__(label=label, required=False, max_length=6, widget=typed)

    def clean(self, value: object) -> float | None:
        text = super().clean(value).strip().replace(",", ".")
        if not text:
            return None
        try:
            found = Decimal(text)
        except InvalidOperation:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        if not (found.is_finite() and self.low <= found <= self.high):
            raise ValidationError(self.error_messages["range"], code="range")
        return float(found)


class NoteForm(Form):
    """A note of one kind."""

    request_id = RequestIdField()
    kind = ButtonField(NoteKind, coerce=NoteKind)

    def facts(self) -> dict[str, object]:
        """What the kind says. After `is_valid`."""
        unsaid = ("request_id", "kind", "minutes_ago")
        return {k: v for k, v in self.cleaned_data.items() if k not in unsaid}

    def written(self, now: datetime) -> NewNote:
        """After `is_valid`."""
        asked = self.cleaned_data
        ago = timedelta(minutes=asked.get("minutes_ago") or 0)
        return NewNote(
            request_id=asked["request_id"], kind=asked["kind"], facts=self.facts(), at=now - ago
        )


class TimedForm(NoteForm):
    """Of something that may have been done before it was written down."""

    minutes_ago = forms.IntegerField(
        label=_("How many minutes ago (empty: now)"),
        required=False,
        min_value=0,
        max_value=240,
        widget=forms.NumberInput(attrs={"size": 4} | UNWRITTEN),
    )


class SignForm(NoteForm):
    """Which sign was tapped; which there are depends on the case definition."""

    code = forms.CharField(
        error_messages={"required": _("This sign is not in the case definition.")}
    )


class VitalsForm(TimedForm):
    """Vital signs, as many as were measured."""

    def __init__(
        self,
        data: Sent | None = None,
        files: Files = None,
        **options: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, files, **options)
        for name, (low, high) in RANGES.items():
            label, unit = words.VITALS[name]
            self.fields[name] = VitalField(format_lazy("{} ({})", label, unit), low=low, high=high)

    def facts(self) -> dict[str, object]:
        return {k: v for k, v in super().facts().items() if v is not None}


class TreatmentForm(TimedForm):
    """What was given, and how much."""

    detail = TextField(
        _("Dose and way, as given"),
        most=200,
        required=False,
        widget=forms.TextInput(attrs=UNWRITTEN),
    )
    what = ButtonField(Treatment, ask=_("Choose the treatment from the list."))


class ImpressionForm(NoteForm):
    """What it is taken for."""

    value = ButtonField(words.IMPRESSIONS)


class DispositionForm(NoteForm):
    """Where the person goes."""

    value = ButtonField(words.DISPOSITIONS)


class RemarkForm(NoteForm):
    """Anything else."""

    text = TextField(
        _("Remark"), most=1000, error_messages={"required": _("Write something down.")}
    )


class StruckForm(NoteForm):
    """Which note was a mistake."""

    note = forms.CharField(error_messages={"required": _("Choose one from the list.")})


FORMS: dict[str, type[NoteForm]] = {
    NoteKind.SIGN: SignForm,
    NoteKind.SIGN_GONE: SignForm,
    NoteKind.VITALS: VitalsForm,
    NoteKind.TREATMENT: TreatmentForm,
    NoteKind.IMPRESSION: ImpressionForm,
    NoteKind.DISPOSITION: DispositionForm,
    NoteKind.REMARK: RemarkForm,
    NoteKind.STRUCK: StruckForm,
}


def note_form(sent: QueryDict) -> NoteForm:
    """Of the kind that was sent; a kind that there is not is an error of the form."""
    kind = FORMS.get(sent.get("kind", ""), NoteForm)
    return kind(sent, name=_name(kind))


def empty(kind: type[NoteForm]) -> NoteForm:
    return kind(name=_name(kind))


def _name(kind: type[NoteForm]) -> str:
    return kind.__name__.removesuffix("Form").lower()


class TeamForm(Form):
    """Which team is sent to the seat."""

    request_id = RequestIdField()
    team = OfferedField(
        label=_("Rapid response team"),
        error_messages={"required": _("Choose a team."), "invalid_choice": _("Choose a team.")},
    )
