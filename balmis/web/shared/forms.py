"""Forms and the fields that Balmis's pages have in common.

A form says of each field what is wrong with it, beside the field and on top of the page; what was
typed stays. A view hands its form to `acting.run`, which calls the flow only with what could be read.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy

from balmis.core.dates import PLAUSIBLE_YEARS
from balmis.core.errors import BadInput

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

E = TypeVar("E", bound=StrEnum)
Label: TypeAlias = "str | _StrPromise"
Choices: TypeAlias = "Iterable[tuple[str, Label]]"
LARGEST_KEY = 2**63 - 1
SHORTEST_REASON = 3  # characters; flows ask for as many


class Keyed(Protocol):
    """A row, as far as a form needs it."""

    pk: Any


class Form(forms.Form):
    """A form of a page. `name` stands before its fields' ids, where a page has more than one form."""

    def __init__(self, *args: Any, name: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{name}-%s" if name else "id_%s")
        super().__init__(*args, **kwargs)

    def check(self, field: str, read: Callable[[], object]) -> Any:
        """What `read` gives; its BadInput is an error of this field."""
        try:
            return read()
        except BadInput as problem:
            self.add_error(field, gettext(str(problem)))
            return None


class RequestIdField(forms.UUIDField):
    """Made with the page: pressed twice, a button is answered once."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput, initial=uuid4)

    def clean(self, value: Any) -> UUID:
        found: UUID = super().clean(value)
        return found


class KeyField(forms.IntegerField):
    """The key of a row, in a hidden input."""

    def __init__(self, **kwargs: Any) -> None:
        hidden = forms.HiddenInput
        super().__init__(min_value=1, max_value=LARGEST_KEY, widget=hidden, **kwargs)


class KeysField(forms.Field):
    """Keys of rows, in hidden inputs of one name."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[int]:
        key = KeyField()
        return [key.clean(one) for one in value or ()]


class OneOf(forms.RadioSelect):
    """Radio buttons with large targets; `in_row` puts a few short ones beside each other."""

    template_name = "widgets/choices.html"

    def __init__(self, *, in_row: bool = False) -> None:
        super().__init__()
        self.in_row = in_row

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, value, attrs) | {"in_row": self.in_row}


class AnyOf(forms.CheckboxSelectMultiple):
    """Check boxes with large targets."""

    template_name = "widgets/choices.html"


class LanguageSelect(forms.Select):
    """Languages, each named in itself and read so."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        option["attrs"]["lang"] = option["value"]
        return option


class LanguageField(forms.ChoiceField):
    """A language that Balmis speaks; without one it stays what it was."""

    def __init__(self, label: Label = gettext_lazy("Language of the messages")) -> None:
        super().__init__(
            label=label, choices=settings.LANGUAGES, required=False, widget=LanguageSelect
        )


class DayField(forms.DateField):
    """A day that is not mistyped, as `date` inputs send it."""

    def __init__(self, label: Label, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        super().__init__(label=label, input_formats=["%Y-%m-%d"], **kwargs)

    def to_python(self, value: Any) -> date | None:
        found = super().to_python(value)
        if found is not None and found.year not in PLAUSIBLE_YEARS:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found


class TextField(forms.CharField):
    """A line of text, or `rows` of them; too much is refused, not cut off."""

    def __init__(self, label: Label, *, most: int, rows: int = 1, **kwargs: Any) -> None:
        if rows > 1:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(label=label, max_length=most, **kwargs)


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
    """Why somebody does it: a few words at least."""

    def __init__(self, label: Label = gettext_lazy("Why?"), *, most: int = 300, **kw: Any) -> None:
        super().__init__(label, most=most, min_length=SHORTEST_REASON, **kw)
        self.error_messages["required"] = gettext_lazy("Say why, in a few words.")
        self.error_messages["min_length"] = gettext_lazy("Say why, in a few words.")


class DosesField(forms.CharField):
    """Whole doses; '1,000' is refused, for it may be one or a thousand."""

    default_error_messages = {
        "invalid": gettext_lazy("Write the doses as a whole number, without a comma or a point."),
    }

    def __init__(self, label: Label = gettext_lazy("Number of doses"), **kwargs: Any) -> None:
        numeric = forms.TextInput(attrs={"inputmode": "numeric", "size": 7})
        super().__init__(label=label, widget=numeric, **kwargs)

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value).strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 8):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return Decimal(text)


class DegreesField(forms.CharField):
    """A temperature in °C, with a point or a comma, within what instruments show."""

    default_error_messages = {"invalid": gettext_lazy("Write the temperature in °C, like 5.4.")}

    def __init__(self, label: Label, *, low: float, high: float, **kwargs: Any) -> None:
        self.low, self.high = low, high
        decimal = forms.TextInput(attrs={"inputmode": "decimal", "size": 5})
        super().__init__(label=label, widget=decimal, **kwargs)

    def clean(self, value: Any) -> float | None:
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

    def __init__(self, label: Label, *, most: int, **kwargs: Any) -> None:
        self.most = most
        numeric = forms.TextInput(attrs={"inputmode": "numeric", "size": len(str(most)) + 1})
        super().__init__(label=label, widget=numeric, **kwargs)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value).strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text) <= self.most):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return int(text)


class LocalTimeField(forms.CharField):
    """A day and time on the clock of a place, as `datetime-local` inputs send it."""

    default_error_messages = {"invalid": gettext_lazy("This is not a time.")}

    def __init__(self, label: Label, **kwargs: Any) -> None:
        self.zone = "UTC"  # set by the form, which knows the place
        local = forms.DateTimeInput(attrs={"type": "datetime-local"})
        super().__init__(label=label, widget=local, **kwargs)

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(self.zone))
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


def enum_field(
    kind: type[E], labels: Mapping[E, Label], label: Label, *, ask: Label = "", **kwargs: Any
) -> forms.TypedChoiceField:
    """One word of the vocabulary; `ask` is said where none is chosen."""
    choices: list[tuple[str, Label]] = [(word.value, text) for word, text in labels.items()]
    if not kwargs.get("widget"):
        choices.insert(0, ("", gettext_lazy("Choose …")))
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
