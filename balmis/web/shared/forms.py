"""Forms and the fields that Balmis's pages have in common.

A form says of each field what is wrong with it, beside the field and on top of the page; what was
typed stays. A view hands its form to `acting.run`, which calls the flow only with what could be read.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Protocol,
    Self,
    TypeAlias,
    TypedDict,
    TypeVar,
    Unpack,
)
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from balmis.core.dates import PLAUSIBLE_YEARS, instant
from balmis.core.errors import BadInput
from balmis.web.labels.common import told

if TYPE_CHECKING:
    from django.utils.datastructures import MultiValueDict
    from django.utils.functional import _StrPromise

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")
Label: TypeAlias = "str | _StrPromise"
Sent: TypeAlias = Mapping[str, object]
Files: TypeAlias = "MultiValueDict[str, UploadedFile[bytes]] | None"
Choices: TypeAlias = "Iterable[tuple[str, Label]]"
LARGEST_KEY = 2**63 - 1
SHORTEST_REASON = 3  # characters; flows ask for as many


class Keyed(Protocol):
    """A row, as far as a form needs it."""

    pk: Any


class FormOptions(TypedDict, total=False):
    """What a page says of a form, besides what was sent."""

    name: str
    initial: Mapping[str, object] | None
    prefix: str | None


class FieldOptions(TypedDict, total=False):
    """What a form says of a field, besides what the kind of field says itself."""

    required: bool
    initial: object
    help_text: Label
    error_messages: Mapping[str, Label]


class WidgetOptions(FieldOptions, total=False):
    """Of a field that may be shown in several ways."""

    widget: forms.Widget | type[forms.Widget]


class TextOptions(WidgetOptions, total=False):
    min_length: int


class Form(forms.Form):
    """A form of a page. `name` stands before its fields' ids, where a page has more than one form."""

    def __init__(
        self,
        data: Sent | None = None,
        files: Files = None,
        *,
        name: str = "",
        initial: Mapping[str, object] | None = None,
        prefix: str | None = None,
    ) -> None:
        before = name.replace(
            "%", "%%"
        )  # a name may hold what was sent; Django fills in the field's
        ids, first = f"{before}-%s" if name else "id_%s", dict(initial or {})
        super().__init__(data, files, auto_id=ids, prefix=prefix, initial=first)

    def check(self, field: str, read: Callable[[], T]) -> T | None:
        """What `read` gives; its BadInput is an error of this field."""
        try:
            return read()
        except BadInput as problem:
            self.add_error(field, told(problem))
            return None


class RowForm(Form):
    """A form that every row of a page has; the hidden field `key` says which row it is."""

    key: ClassVar[str]

    @classmethod
    def of(cls, row: object, sent: forms.Form | None = None, **initial: object) -> Self:
        """The row's form: as it was sent, or as it is at first."""
        if isinstance(sent, cls) and sent.data.get(cls.key) == str(row):
            return sent
        return cls(name=cls._name(str(row)), initial={cls.key: row} | initial)

    @classmethod
    def sent(cls, data: QueryDict) -> Self:
        """What was sent, under the ids that its row has on the page."""
        return cls(data, name=cls._name(data.get(cls.key, "")[:40]))

    @classmethod
    def _name(cls, row: str) -> str:
        return f"{cls.__name__.removesuffix('Form').lower()}-{row}"


class RequestIdField(forms.UUIDField):
    """Made with the page: pressed twice, a button is answered once. A page that is shown again has a
    new one: under the old one nothing was written, or something else."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput, initial=uuid4)

    def bound_data(self, data: object, initial: object) -> object:
        return initial

    def clean(self, value: object) -> UUID:
        found: UUID = super().clean(value)
        return found


class KeyField(forms.IntegerField):
    """The key of a row, in a hidden input."""

    def __init__(self, **kwargs: Unpack[FieldOptions]) -> None:
        hidden = forms.HiddenInput
        super().__init__(min_value=1, max_value=LARGEST_KEY, widget=hidden, **kwargs)


class KeysField(forms.Field):
    """The keys of the rows that were ticked; whether there are such rows is for the flow to say."""

    default_error_messages = {"invalid": gettext_lazy("Write a whole number.")}

    def __init__(self, label: Label, **kwargs: Unpack[WidgetOptions]) -> None:
        kwargs.setdefault("widget", forms.SelectMultiple)
        super().__init__(label=label, **kwargs)

    def clean(self, value: object) -> list[int]:
        found: list[str] = super().clean(value) or []
        if not all(key.isascii() and key.isdigit() and len(key) < 19 for key in found):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return [int(key) for key in found]


class UploadField(forms.FileField):
    """A file of at most `most` bytes; `ask` is said of none, and of a larger one."""

    def __init__(
        self, label: Label, *, most: int, ask: Label, accept: str, **kwargs: Unpack[FieldOptions]
    ) -> None:
        self.most, self.ask = most, ask
        chosen = forms.FileInput(attrs={"accept": accept})
        super().__init__(label=label, widget=chosen, allow_empty_file=True, **kwargs)
        self.error_messages |= dict.fromkeys(("required", "invalid", "missing"), ask)

    def clean(self, data: object, initial: object = None) -> "UploadedFile[bytes] | None":
        found: UploadedFile[bytes] | None = super().clean(data, initial)
        if found is not None and (found.size or 0) > self.most:
            raise ValidationError(self.ask, code="too_large")
        return found


class OneOf(forms.RadioSelect):
    """Radio buttons with large targets; `in_row` puts a few short ones beside each other."""

    template_name = "widgets/choices.html"

    def __init__(self, *, in_row: bool = False) -> None:
        super().__init__()
        self.in_row = in_row

    def get_context(
        self, name: str, value: Any, attrs: dict[str, object] | None
    ) -> dict[str, object]:
        return super().get_context(name, value, attrs) | {"in_row": self.in_row}


class AnyOf(forms.CheckboxSelectMultiple):
    """Check boxes with large targets."""

    template_name = "widgets/choices.html"


class LanguageSelect(forms.Select):
    """Languages, each named in itself and read so."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, object]:
        option = super().create_option(*args, **kwargs)
        option["attrs"]["lang"] = option["value"]
        return option


class LanguageField(forms.ChoiceField):
    """A language that Balmis speaks; without one it stays what it was."""

    def __init__(self, label: Label = gettext_lazy("Language of the messages")) -> None:
        super().__init__(
            label=label, choices=settings.LANGUAGES, required=False, widget=LanguageSelect
        )


class TextField(forms.CharField):
    """A line of text, or `rows` of them; too much is refused, not cut off."""

    def __init__(
        self, label: Label, *, most: int, rows: int = 1, **kwargs: Unpack[TextOptions]
    ) -> None:
        if rows > 1:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(label=label, max_length=most, **kwargs)

    def to_python(self, value: object) -> str:
        """A new line is sent as two characters and counts as one, as browsers count it."""
        return (super().to_python(value) or "").replace("\r\n", "\n")


class PlainField(TextField):
    """A line of signs that can be read; `ask` is said where it is missing or holds others."""

    def __init__(self, label: Label, *, ask: Label, most: int, **kwargs: Any) -> None:
        said = {"required": ask, "min_length": ask, "invalid": ask}
        kwargs["error_messages"] = said | kwargs.get("error_messages", {})
        super().__init__(label, most=most, **kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if not text.isprintable():
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return text


class ReasonField(TextField):
    """Why somebody does it: a few words at least; `ask` is said where there are none."""

    def __init__(
        self,
        label: Label = gettext_lazy("Why?"),
        *,
        most: int = 300,
        rows: int = 1,
        ask: Label = gettext_lazy("Say why, in a few words."),
        **kwargs: Unpack[WidgetOptions],
    ) -> None:
        super().__init__(label, most=most, rows=rows, min_length=SHORTEST_REASON, **kwargs)
        self.error_messages |= {"required": ask, "min_length": ask}


class DosesField(forms.CharField):
    """Whole doses; '1,000' is refused, for it may be one or a thousand."""

    default_error_messages = {
        "invalid": gettext_lazy("Write the doses as a whole number, without a comma or a point."),
    }

    def __init__(
        self, label: Label = gettext_lazy("Number of doses"), **kwargs: Unpack[FieldOptions]
    ) -> None:
        numeric = forms.TextInput(attrs={"inputmode": "numeric", "size": 7})
        super().__init__(label=label, widget=numeric, **kwargs)

    def clean(self, value: object) -> Decimal | None:
        text = super().clean(value).strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 8):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return Decimal(text)


class DegreesField(forms.CharField):
    """A temperature in °C, with a point or a comma, within what instruments show."""

    default_error_messages = {"invalid": gettext_lazy("Write the temperature in °C, like 5.4.")}

    def __init__(
        self, label: Label, *, low: float, high: float, **kwargs: Unpack[FieldOptions]
    ) -> None:
        self.low, self.high = low, high
        decimal = forms.TextInput(attrs={"inputmode": "decimal", "size": 5})
        super().__init__(label=label, widget=decimal, **kwargs)

    def clean(self, value: object) -> float | None:
        text = super().clean(value).strip().replace(",", ".").replace("−", "-")
        if not text:
            return None
        try:
            found = Decimal(text)
        except InvalidOperation:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        if not (found.is_finite() and self.low <= found <= self.high):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return float(round(found, 2))


class CountField(forms.CharField):
    """A whole number in plain digits, at most `most`."""

    default_error_messages = {"invalid": gettext_lazy("Write a whole number.")}

    def __init__(self, label: Label, *, most: int, **kwargs: Unpack[FieldOptions]) -> None:
        self.most = most
        numeric = forms.TextInput(attrs={"inputmode": "numeric", "size": len(str(most)) + 1})
        super().__init__(label=label, widget=numeric, **kwargs)

    def clean(self, value: object) -> int | None:
        text = super().clean(value).strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text) <= self.most):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return int(text)


class DayField(forms.CharField):
    """A day, as `date` inputs send it; `ask` is said where none is given."""

    default_error_messages = {"invalid": gettext_lazy("This is not a day: %(day)s")}

    def __init__(self, label: Label, *, ask: Label = "", **kwargs: Unpack[WidgetOptions]) -> None:
        written = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        kwargs.setdefault("widget", written)
        super().__init__(label=label, **kwargs)
        if ask:
            self.error_messages["required"] = ask

    def clean(self, value: object) -> date | None:
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or day.year not in PLAUSIBLE_YEARS:
            told = {"day": text[:20]}
            raise ValidationError(self.error_messages["invalid"], code="invalid", params=told)
        return day


class ClockField(forms.TimeField):
    """A time of day, on a clock of 24 hours; one that is an `end` may be 24:00, which is 00:00 of the
    day after."""

    def __init__(self, label: Label, *, end: bool = False, **kwargs: Unpack[WidgetOptions]) -> None:
        self.end = end
        super().__init__(label=label, **kwargs)

    def to_python(self, value: str | time | None) -> time | None:
        midnight = self.end and str(value).strip() == "24:00"
        return super().to_python("00:00" if midnight else value)


class LocalTimeField(forms.CharField):
    """A day and time on the clock of a place, as `datetime-local` inputs send it."""

    default_error_messages = {"invalid": gettext_lazy("This is not a time.")}

    def __init__(self, label: Label, **kwargs: Unpack[FieldOptions]) -> None:
        self.zone = "UTC"  # set by the form, which knows the place
        local = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(label=label, widget=local, **kwargs)

    def clean(self, value: object) -> datetime | None:
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            said = datetime.fromisoformat(text)
        except ValueError:
            said = None
        if said is None or said.year not in PLAUSIBLE_YEARS:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return instant(said.date(), said.time(), self.zone)


def enum_field(
    kind: type[E],
    labels: Mapping[E, Label],
    label: Label,
    *,
    ask: Label = "",
    empty: Label = gettext_lazy("Choose …"),
    **kwargs: Unpack[WidgetOptions],
) -> forms.TypedChoiceField:
    """One word of the vocabulary; `ask` is said where none is chosen. With a widget of its own it
    has no `empty` choice."""
    choices: list[tuple[str, Label]] = [(word.value, text) for word, text in labels.items()]
    if not kwargs.get("widget"):
        choices.insert(0, ("", empty))
    field = forms.TypedChoiceField(
        label=label,
        choices=choices,
        coerce=kind,
        empty_value=None,
        **kwargs,
    )
    if ask:
        field.error_messages |= {"required": ask, "invalid_choice": ask}
    return field


def offer(form: forms.Form, field: str, choices: Choices) -> None:
    """What can be chosen, where only the page knows it."""
    form.fields[field].choices = list(choices)  # type: ignore[attr-defined]
