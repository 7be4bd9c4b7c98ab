"""What the coordination desk writes: sessions, and openings with a waiting room."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Unpack
from zoneinfo import ZoneInfo

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from balmis.contexts.booking.sessions import SessionPlan
from balmis.core.dates import clock_span, end_of_day, instant
from balmis.flows.booking.openings import RushPlan
from balmis.web.shared.forms import (
    LARGEST_KEY,
    Choices,
    ClockField,
    DayField,
    Files,
    Form,
    FormOptions,
    LocalTimeField,
    RequestIdField,
    Sent,
    TextField,
    offer,
)

# ---- sessions --------------------------------------------------------------------------------

LONGEST_NIGHT = timedelta(hours=12)  # of a session that goes on after midnight


class SessionForm(Form):
    """Times are the site's own."""

    starts = ClockField(_("Begins at"), initial="09:00")
    ends = ClockField(_("Ends at"), end=True, initial="17:00")
    stations = forms.IntegerField(label=_("Vaccination stations"), min_value=1, max_value=500)
    minutes_per_dose = forms.DecimalField(
        label=_("Minutes a dose, at a station"),
        min_value=Decimal("0.5"),
        max_value=60,
        initial=5,
        max_digits=4,
        decimal_places=2,
    )
    staff = forms.IntegerField(
        label=_("Vaccinators on duty"), required=False, min_value=1, max_value=500
    )
    seats = forms.IntegerField(
        label=_("Observation seats"), required=False, min_value=1, max_value=5000
    )
    observation_minutes = forms.IntegerField(
        label=_("Minutes of observation"), min_value=0, max_value=240
    )
    parking = forms.IntegerField(
        label=_("Parking places"), required=False, min_value=1, max_value=20000
    )
    doses = forms.IntegerField(
        label=_("Doses expected that day"), required=False, min_value=1, max_value=1_000_000
    )
    products = forms.MultipleChoiceField(
        label=_("Vaccines"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: whatever the person may have."),
    )
    second_percent = forms.IntegerField(
        label=_("Held back for second doses, %"), min_value=0, max_value=100, initial=0
    )
    walk_in_percent = forms.IntegerField(
        label=_("Held back for walk-ins, %"), min_value=0, max_value=100, initial=0
    )

    def __init__(
        self,
        data: Sent | None = None,
        files: Files = None,
        *,
        products: Choices,
        **kwargs: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, files, **kwargs)
        offer(self, "products", products)

    def plan(self, on: date, zone: str) -> SessionPlan:
        d = self.cleaned_data
        begins, ends = clock_span(on, d["starts"], d["ends"], zone)
        if ends - begins > LONGEST_NIGHT and ends > end_of_day(on, zone):
            ends = instant(on, d["ends"], zone)  # a slip: it is refused as one
        return SessionPlan(
            on=on,
            starts_at=begins,
            ends_at=ends,
            products=tuple(d["products"]),
            stations=d["stations"],
            minutes_per_dose=d["minutes_per_dose"],
            staff=d["staff"],
            seats=d["seats"],
            observation_minutes=d["observation_minutes"],
            parking=d["parking"],
            doses=d["doses"],
            second_share=Decimal(d["second_percent"]) / 100,
            walk_in_share=Decimal(d["walk_in_percent"]) / 100,
        )


class NewSessionForm(SessionForm):
    """One session, or several days of the same; times are the site's own."""

    site = forms.ChoiceField(label=_("Site"))
    on = DayField(_("Day"))
    repeat = forms.IntegerField(label=_("Days in a row"), min_value=1, max_value=60, initial=1)
    opens = LocalTimeField(_("Booking opens (empty: now)"), required=False)
    field_order = ("site", "on", "repeat")

    def __init__(
        self,
        data: Sent | None = None,
        files: Files = None,
        *,
        products: Choices,
        sites: Choices,
        **kwargs: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, files, products=products, **kwargs)
        offer(self, "site", sites)


class PublishForm(Form):
    """From when on a session is open for booking, by the site's clock."""

    opens = LocalTimeField(_("From (empty: now)"), required=False)

    def __init__(
        self,
        data: Sent | None = None,
        files: Files = None,
        *,
        zone: str,
        **kwargs: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, files, **kwargs)
        self.fields["opens"].zone = zone  # type: ignore[attr-defined]


class SeenForm(Form):
    """How many people the page said are affected: when others are by now, nothing is done."""

    expected = forms.IntegerField(min_value=0, max_value=LARGEST_KEY, widget=forms.HiddenInput)
    request_id = RequestIdField()


# ---- openings --------------------------------------------------------------------------------


class OpeningForm(Form):
    """Times are the campaign's own."""

    on = DayField(_("Day"))
    at = ClockField(_("Booking opens at"), initial="09:00")
    hours = forms.IntegerField(
        label=_("Waiting room for, hours"), min_value=1, max_value=72, initial=4
    )
    doors_minutes = forms.IntegerField(
        label=_("Doors open before, minutes"), min_value=5, max_value=1440, initial=60
    )
    per_minute = forms.IntegerField(
        label=_("Let in a minute"),
        min_value=1,
        max_value=100_000,
        initial=1000,
        help_text=_(
            "Not more than the booking line and the sites can help; the servers take thousands."
        ),
    )
    order = forms.ChoiceField(
        label=_("Order"),
        choices=[
            ("draw", _("Drawn by lot")),
            ("waves", _("In waves by birthday digit, drawn within each")),
        ],
    )
    wave_minutes = forms.IntegerField(
        label=_("Minutes between waves"), min_value=1, max_value=240, initial=15, required=False
    )
    first_digit = forms.IntegerField(
        label=_("First digit"), min_value=0, max_value=9, initial=0, required=False
    )

    def plan(self, zone: str) -> RushPlan:
        d = self.cleaned_data
        opens = instant(d["on"], d["at"], zone)
        waves = d["order"] == "waves"
        return RushPlan(
            opens_at=opens,
            closes_at=opens + timedelta(hours=d["hours"]),
            per_minute=d["per_minute"],
            doors_minutes=d["doors_minutes"],
            wave_minutes=(d["wave_minutes"] or 15) if waves else 0,
            first_digit=(d["first_digit"] or 0) if waves else 0,
        )


class CloseForm(Form):
    """Why the waiting room of an opening ends."""

    reason = TextField(
        "", most=200, error_messages={"required": _("Say why the waiting room ends.")}
    )

    def __init__(
        self,
        data: Sent | None = None,
        *,
        key: int,
        opens_at: datetime,
        zone: str,
    ) -> None:
        super().__init__(data, name=f"close-{key}")
        self.key = key
        at = date_format(opens_at.astimezone(ZoneInfo(zone)), gettext("D j M H:i"))
        self.fields["reason"].label = gettext("End the waiting room of %(at)s: why?") % {"at": at}
