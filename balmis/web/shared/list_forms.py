"""What is asked of a list that somebody sends, whatever it is a list of."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from balmis.core.files.book import Book
from balmis.web.labels.formats import number
from balmis.web.shared.forms import offer

DAY_FIRST, MONTH_FIRST = "day", "month"


def day_order_field() -> forms.ChoiceField:
    """Asked only where no cell of the list decides."""
    return forms.ChoiceField(
        label=_("In dates such as 03/05/1950"),
        choices=[
            ("", _("the list decides")),
            (DAY_FIRST, _("the day comes first")),
            (MONTH_FIRST, _("the month comes first")),
        ],
        required=False,
    )


def day_first_of(chosen: str) -> bool | None:
    return {DAY_FIRST: True, MONTH_FIRST: False}.get(chosen)


def sheet_field() -> forms.ChoiceField:
    """Which sheet of a workbook is meant; `offer_sheets` says which there are."""
    return forms.ChoiceField(
        label=_("Sheet"), required=False, error_messages={"invalid_choice": NO_SHEET}
    )


NO_SHEET = _("The file has no such sheet. Choose one of those that it has.")


def offer_sheets(form: forms.Form, book: Book) -> None:
    """The sheets that hold something; a file with one does not ask."""
    pages = [(page, page.filled()) for page in book.pages]
    choices = [(page.name, _sheet(page.name, rows, page.hidden)) for page, rows in pages if rows]
    offer(form, "page", [("", _("the one that holds such a list")), *choices])
    if len(choices) < 2:
        form.fields["page"].widget = forms.HiddenInput()


def _sheet(name: str, rows: int, hidden: bool) -> str:
    """'Residents: 500 rows', 'Old: 480 rows, hidden'."""
    values = {"sheet": name, "k": number(rows)}
    if hidden:
        return (
            ngettext("%(sheet)s: one row, hidden", "%(sheet)s: %(k)s rows, hidden", rows) % values
        )
    return ngettext("%(sheet)s: one row", "%(sheet)s: %(k)s rows", rows) % values
