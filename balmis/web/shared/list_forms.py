"""What is asked of a list that somebody sends, whatever it is a list of."""

from django import forms
from django.utils.translation import gettext_lazy as _

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
