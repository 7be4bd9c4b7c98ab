"""A time that was chosen on a page of free times."""

from django import forms

from balmis.flows.booking.reservations import Hold
from balmis.flows.booking.search import Search
from balmis.web.shared.forms import DayField, Form, KeyField, RequestIdField, TextField


class TimeForm(Form):
    """The button of a time: its place, that of the dose which follows, and where it was shown."""

    request_id = RequestIdField()
    pool = KeyField()
    second = KeyField(required=False)
    product = TextField("", most=60, required=False, widget=forms.HiddenInput)
    on = DayField("", required=False, widget=forms.HiddenInput)
    site = TextField("", most=60, required=False, widget=forms.HiddenInput)

    def hold(self) -> Hold:
        """After `is_valid`."""
        said = self.cleaned_data
        return Hold(
            request_id=said["request_id"],
            pool=said["pool"],
            second_pool=said["second"],
            product=said["product"] or None,
        )

    def search(self) -> Search:
        """What was looked for when the time was shown, as far as it can be read."""
        self.is_valid()
        said = self.cleaned_data
        return Search(
            on=said.get("on"), site=said.get("site") or None, product=said.get("product") or None
        )
