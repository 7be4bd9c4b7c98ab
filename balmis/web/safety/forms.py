"""What people write and press on the pages of the safety desk."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Unpack

from django import forms
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from balmis.contexts.safety.cases import ToldEvent
from balmis.core.safety.causality import Answers
from balmis.core.vocabulary.safety import (
    CausalClass,
    Certainty,
    EventEnd,
    Serious,
    Severity,
    SignalStatus,
    Source,
)
from balmis.flows.safety import cases, reference_data
from balmis.web.labels import safety as words
from balmis.web.shared.diary_form import CareField, DiaryForm, SymptomField, WellField
from balmis.web.shared.forms import (
    LARGEST_KEY,
    AnyOf,
    Choices,
    DayField,
    Files,
    Form,
    FormOptions,
    KeyField,
    Label,
    OneOf,
    ReasonField,
    RequestIdField,
    RowForm,
    Sent,
    TextField,
    enum_field,
    offer,
)

NOT_LISTED = _("Choose one from the list.")
GROUNDS = _("Say what led you to this, in a few words.")
HEARD = {"yes": True, "no": False, "unknown": None}


class _Undrawn(forms.HiddenInput):
    def render(self, *_args: object, **_kwargs: object) -> SafeString:
        return SafeString()


class ButtonField(forms.TypedChoiceField):
    """Which button was pressed. The page has the buttons, so that nothing is drawn for it."""

    def __init__(
        self,
        buttons: Iterable[str],
        *,
        coerce: Callable[[str], object] = str,
        ask: Label = NOT_LISTED,
    ) -> None:
        super().__init__(
            choices=[(button, button) for button in buttons],
            coerce=coerce,
            widget=_Undrawn,
            error_messages={"required": ask, "invalid_choice": ask},
        )


class OfferedField(forms.TypedChoiceField):
    """One of what the page offers. The offer may have changed since: what was chosen goes to the flow,
    which says what is wrong with it."""

    def valid_value(self, value: object) -> bool:
        return "\x00" not in str(value)


class VersionField(forms.IntegerField):
    """As which the row was shown. The page draws it by itself: when it is shown again, it is with what
    the row says by then."""

    def __init__(self) -> None:
        super().__init__(min_value=0, max_value=LARGEST_KEY, widget=forms.HiddenInput)


class SeriousField(forms.TypedMultipleChoiceField):
    """Why it is serious, if it is."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Serious because (none: not serious)"),
            choices=[(word.value, text) for word, text in words.SERIOUS.items()],
            coerce=Serious,
            required=False,
            widget=AnyOf,
            error_messages={"invalid_choice": NOT_LISTED},
        )


class EventForm(Form):
    """Fields of an event: a report's, and a case's."""

    ask = _("Choose the event from the list.")
    event = forms.ChoiceField(
        label=_("Event"), error_messages={"required": ask, "invalid_choice": ask}
    )
    severity = enum_field(
        Severity,
        words.SEVERITIES,
        _("Severity"),
        ask=NOT_LISTED,
        initial=Severity.UNKNOWN,
        widget=forms.Select(),
    )
    end = enum_field(
        EventEnd,
        words.ENDS,
        _("Outcome"),
        ask=NOT_LISTED,
        initial=EventEnd.UNKNOWN,
        widget=forms.Select(),
    )
    why = SeriousField()

    def __init__(
        self,
        data: Sent | None = None,
        files: Files = None,
        **options: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, files, **options)
        offer(self, "event", self.events())

    def events(self) -> Choices:
        return [(e.code, words.event_name(e.code)) for e in reference_data.events().values()]


class KeepForm(EventForm):
    """What the desk knows of a case."""

    version = VersionField()
    certainty = enum_field(
        Certainty, words.CERTAINTIES, _("Certainty"), ask=NOT_LISTED, widget=forms.Select()
    )
    narrative = TextField(_("Narrative"), most=10_000, rows=4, required=False)

    field_order = ("version", "event", "severity", "certainty", "end", "why", "narrative")

    def values(self) -> cases.Values:
        """After `is_valid`."""
        known = dict(self.cleaned_data)
        return cases.Values(why_serious=tuple(known.pop("why")), **known)


class StepForm(Form):
    """A step on a case."""

    version = VersionField()
    text = TextField(
        _("Note (needed to close, reopen or drop a case)"), most=2000, rows=2, required=False
    )
    step = ButtonField(words.STEPS)


class MergeForm(Form):
    """Into which case it goes."""

    version = VersionField()
    into = KeyField()


class UnmergeForm(Form):
    """They were two events; nothing is written."""


class FindForm(Form):
    """Who had the dose."""

    number = TextField(_("Number of the person"), most=60)


def _key(text: str) -> int:
    found = int(text)
    if not 0 < found <= LARGEST_KEY:
        raise ValueError(text)
    return found


class ReportForm(EventForm):
    """What somebody tells of an event after a dose."""

    request_id = RequestIdField()
    number = forms.CharField(widget=forms.HiddenInput, required=False)
    dose = OfferedField(label=_("After which dose?"), coerce=_key, widget=OneOf)
    onset = DayField(_("Began on"), error_messages={"required": _("Say on which day it began.")})
    words = TextField(_("What happened, in order"), most=4000, rows=4, required=False)
    history = TextField(_("Medical history"), most=300, required=False)
    others = TextField(_("Other vaccines or medicines"), most=300, required=False)
    diluent = TextField(_("Lot of the diluent"), most=60, required=False)
    profession = TextField(_("Reporter's profession"), most=100, required=False)
    phone = TextField(_("Reporter's phone"), most=40, required=False)

    MORE = ("history", "others", "diluent", "profession", "phone")  # kept with the report
    field_order = ("number", "dose", "event", "onset", "severity", "end", "why", "words", *MORE)

    def events(self) -> Choices:
        return [("", _("Choose")), *super().events()]

    def told(self, now: datetime) -> ToldEvent:
        """After `is_valid`."""
        said = self.cleaned_data
        why = tuple(said["why"])
        return ToldEvent(
            request_id=said["request_id"],
            onset_on=said["onset"],
            serious=bool(why),
            died=Serious.DEATH in why,
            dose_id=said["dose"],
            event=said["event"],
            why_serious=why,
            severity=said["severity"],
            end=said["end"],
            words=said["words"],
            source=Source.STAFF,
            noticed_at=now,
            facts={name: said[name] for name in self.MORE},
        )

    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in self.MORE]

    def more_is_wrong(self) -> bool:
        return bool(self.errors.keys() & set(self.MORE))


class AssessForm(Form):
    """One assessor's answers."""

    def __init__(
        self,
        data: Sent | None = None,
        files: Files = None,
        **options: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, files, **options)
        for name, question in words.QUESTIONS.items():
            self.fields[name] = _question(question, plain=name in words.YES_NO)
        self.fields["note"] = ReasonField(_("What led you to this"), most=2000, rows=3, ask=GROUNDS)

    def questions(self) -> list[forms.BoundField]:
        return [self[name] for name in words.QUESTIONS]

    def answers(self) -> Answers:
        """After `is_valid`."""
        return Answers(**{name: self.cleaned_data[name] for name in words.QUESTIONS})


def _question(question: Label, *, plain: bool) -> forms.TypedChoiceField:
    """A plain one is yes or no; of another it may not be known."""
    choices = [("yes", _("yes")), ("no", _("no"))]
    return forms.TypedChoiceField(
        label=question,
        choices=choices if plain else [*choices, ("unknown", _("not known"))],
        coerce=HEARD.__getitem__,
        empty_value=None,
        required=plain,
        initial=None if plain else "unknown",
        widget=OneOf,
        error_messages={"required": _("Choose one.")},
    )


class DecideForm(Form):
    """Of a third person, where two differ."""

    classification = enum_field(
        CausalClass, words.CLASSES, _("Class"), ask=NOT_LISTED, empty=_("Choose")
    )
    note = ReasonField(_("What led you to this"), most=2000, rows=3, ask=GROUNDS)


class SignalForm(RowForm):
    """What became of a signal."""

    key = "signal"
    signal = KeyField()
    note = ReasonField(_("What was found"), most=2000, ask=GROUNDS)
    to = ButtonField(SignalStatus, coerce=SignalStatus)


class CalledForm(DiaryForm, RowForm):
    """What somebody heard on the phone."""

    key = "contact"
    contact = KeyField()
    well = WellField(_("How are you?"), yes=_("Well"), no=_("Not well"))
    symptom = SymptomField(_("What is it?"))
    care = CareField(_("Sought care?"), widget=forms.Select)
    words = TextField(_("In their words"), most=1000, required=False)
