"""What is asked of a list of people, and of what it changes."""

from collections.abc import Sequence

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from balmis.core.files.book import Book
from balmis.core.people.list_columns import PEOPLE
from balmis.flows.people.list_files import Wanted
from balmis.web.labels.people import COLUMNS
from balmis.web.shared.forms import (
    Form,
    KeyField,
    Label,
    PlainField,
    ReasonField,
    RowForm,
    UploadField,
    offer,
)
from balmis.web.shared.list_forms import day_first_of, day_order_field, offer_sheets, sheet_field


class ListForm(Form):
    """A list of people."""

    file = UploadField(
        _("List of people (Excel or CSV)"),
        most=16 * 1024 * 1024,
        ask=_("Choose an Excel or CSV file of up to 16 MB."),
        accept=".csv, .txt, .xlsx",
    )


class ReadForm(Form):
    """How a list is to be read, where it does not say so itself."""

    register = PlainField(
        _("Register that the people belong to"),
        ask=_("Name the register: letters, digits and hyphens."),
        most=60,
        help_text=_("A list that comes again under the same name finds its people again."),
    )
    area = forms.ChoiceField(label=_("Area of rows that name none"), required=False)
    order = day_order_field()
    page = sheet_field()

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        areas: Sequence[tuple[str, str]] = (),
        registers: Sequence[str] = (),
        headings: Sequence[str] = (),
        book: Book | None = None,
    ) -> None:
        first = QueryDict(mutable=True)
        first["register"] = registers[0] if registers else "register"
        self.sent = data if data is not None else first
        super().__init__(self.sent)
        offer(self, "area", [("", _("every row names its area")), *areas])
        offer_sheets(self, book or Book([]))
        for column in PEOPLE:
            choices = [("", _("as it was found")), *((h, h) for h in headings)]
            said = data.get(f"column-{column.name}", "") if data is not None else ""
            if said and said not in headings:
                choices.append((said, said))
            self.fields[f"column-{column.name}"] = forms.ChoiceField(
                label=COLUMNS[column.name], choices=choices, required=False
            )

    def basics(self) -> list[forms.BoundField]:
        return [self[n] for n in ("register", "area", "order", "page")]

    def columns(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("column-")]

    def words(self) -> dict[str, str]:
        """Words of the list, as the page's table of them says; a group, or '' for none."""
        said = zip(self.sent.getlist("word"), self.sent.getlist("means"), strict=False)
        return {word: "" if group == NO_GROUP else group for word, group in said if word and group}

    def wanted(self) -> Wanted:
        """As the flow takes it."""
        said = {
            name.removeprefix("column-"): [self.cleaned_data[name]]
            for name in self.fields
            if name.startswith("column-") and self.cleaned_data[name]
        }
        return Wanted(
            register=self.cleaned_data["register"],
            mapping=said or None,
            page=self.cleaned_data["page"] or None,
            area=self.cleaned_data["area"] or None,
            day_first=day_first_of(self.cleaned_data["order"]),
            words=self.words(),
        )


NO_GROUP = "-"


class WordForm(Form):
    """Which group of the plan a word of the list means; one a word, under the same names."""

    word = forms.CharField(widget=forms.HiddenInput)
    means = forms.ChoiceField(required=False)

    def __init__(
        self, number: int, word: str, group: str | None, groups: Sequence[tuple[str, str]]
    ) -> None:
        means = "" if group is None else group or NO_GROUP
        super().__init__(name=f"word-{number}", initial={"word": word, "means": means})
        undecided: list[tuple[str, Label]] = [("", _("not decided")), (NO_GROUP, _("no group"))]
        offer(self, "means", [*undecided, *groups])
        self.fields["means"].label = word


class UndoListForm(Form):
    """That a list is taken back."""

    sure = forms.BooleanField(
        label=_("Yes, take this list back"),
        error_messages={"required": _("Tick the box to take the list back.")},
    )


class ChangeForm(RowForm):
    """By what somebody knows that a change is right, or is not."""

    key = "change"
    change = KeyField()
    why = ReasonField(_("By what do you know it?"), most=200)
