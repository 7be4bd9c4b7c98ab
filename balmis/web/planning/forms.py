"""The forms of a what-if: what differs from the assumptions, and from a centre as it comes."""

from dataclasses import replace
from typing import Protocol, Unpack

from django import forms
from django.forms import BoundField
from django.forms.widgets import Input
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from balmis.core.planning.allocation.scenario_file import Scenario
from balmis.core.planning.study_result import StudyAsked
from balmis.flows.planning.centres import CentreQuestion
from balmis.flows.planning.problem import WhatIf
from balmis.flows.planning.studies import asked_of
from balmis.web.labels.formats import named
from balmis.web.planning.centre_charts import station_name
from balmis.web.shared.forms import (
    Choices,
    DayField,
    Files,
    Form,
    FormOptions,
    KeyField,
    RequestIdField,
    Sent,
    TextField,
    offer,
)

MOST_BYTES = 256 * 1024  # of a scenario file


class Asked(Protocol):
    """A study, as far as the form needs it."""

    @property
    def pk(self) -> object: ...

    @property
    def asked(self) -> StudyAsked: ...


class Slider(Input):
    """A number to pull at; it stands beside it. The ends are those worth trying, not the limits."""

    input_type = "range"
    template_name = "widgets/slider.html"

    def __init__(self, low: int, high: int) -> None:
        super().__init__(attrs={"min": low, "max": high})


class CentreForm(Form):
    """The numbers of a centre; each station's servers are fields of their own."""

    a_slot = forms.IntegerField(label=_("Appointments a slot"), min_value=1, max_value=2_000)
    no_show = forms.IntegerField(label=_("Stay away, %"), min_value=0, max_value=90)
    walk_ins = forms.IntegerField(label=_("Walk-ins an hour"), min_value=0, max_value=2_000)
    observe = forms.IntegerField(
        label=_("Observation, minutes"), min_value=1, max_value=240, required=False
    )
    seats = forms.IntegerField(
        label=_("Observation seats"), min_value=1, max_value=5_000, required=False
    )
    parking = forms.IntegerField(
        label=_("Parking places"), min_value=1, max_value=20_000, required=False
    )

    def __init__(
        self,
        data: Sent | None = None,
        files: Files = None,
        *,
        stations: list[str],
        **kwargs: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, files, **kwargs)
        for k, name in enumerate(stations):
            self.fields[f"servers_{k}"] = forms.IntegerField(
                label=gettext("Staff: %(station)s") % {"station": station_name(name)},
                min_value=1,
                max_value=500,
            )

    def asked(self, preset: CentreQuestion) -> CentreQuestion:
        d = self.cleaned_data
        servers = tuple(d[f"servers_{k}"] for k in range(len(preset.servers)))
        return replace(
            preset,
            a_slot=d["a_slot"],
            no_show=d["no_show"] / 100,
            walk_ins=float(d["walk_ins"]),
            observe=None if d["observe"] is None else float(d["observe"]),
            seats=d["seats"],
            parking=d["parking"],
            servers=servers,
        )


class BaseForm(Form):
    """The study from whose page a form was sent."""

    base = KeyField(required=False)


class TryForm(BaseForm):
    """What differs from the assumptions, in per cent and points."""

    request_id = RequestIdField()
    supply = forms.IntegerField(
        label=_("Deliveries, % of what is assumed"),
        min_value=0,
        max_value=300,
        initial=100,
        widget=Slider(50, 200),
    )
    capacity = forms.IntegerField(
        label=_("Hands at the sites, %"),
        min_value=0,
        max_value=300,
        initial=100,
        widget=Slider(50, 200),
    )
    uptake = forms.IntegerField(
        label=_("People who come, points more or less"),
        min_value=-50,
        max_value=50,
        initial=0,
        widget=Slider(-20, 20),
    )
    lag_days = forms.IntegerField(
        label=_("Deliveries later by days"),
        min_value=0,
        max_value=180,
        initial=0,
        widget=Slider(0, 60),
    )
    by = DayField(_("The day of every target (empty: the plan's)"), required=False)
    after = DayField(
        _("Plan anew from what was given until (empty: from the beginning)"), required=False
    )
    option = forms.ChoiceField(label=_("With doses that could be had besides"), required=False)
    surge = forms.BooleanField(label=_("Call for the surge"), required=False)
    title = TextField(_("Name, to keep it"), most=120, required=False)
    scenario = forms.FileField(
        label=_("Other assumptions, as a file (at most 256 KiB)"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".yaml, .yml, .json, text/yaml, application/json"}),
    )

    def __init__(
        self,
        data: Sent | None = None,
        files: Files = None,
        *,
        options: Choices,
        **kwargs: Unpack[FormOptions],
    ) -> None:
        super().__init__(data, files, **kwargs)
        offer(self, "option", [("", "–"), *options])

    def clean_scenario(self) -> str | None:
        found = self.cleaned_data.get("scenario")
        if found is None:
            return None
        if found.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 256 KiB."))
        try:
            return str(found.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise forms.ValidationError(_("The file is not UTF-8 text.")) from None

    def sliders(self) -> list[BoundField]:
        """The fields to pull at, on top of the form."""
        return [field for field in self if isinstance(field.field.widget, Slider)]

    def asked(self, *, quick: bool, base: StudyAsked | None) -> StudyAsked:
        d = self.cleaned_data
        what = WhatIf(
            by=d["by"],
            supply=d["supply"] / 100,
            capacity=d["capacity"] / 100,
            uptake=d["uptake"] / 100,
            surge=d["surge"],
            option=d["option"] or None,
            lag_days=d["lag_days"],
        )
        name, text = base and base.get("name"), base and base["scenario"]
        if d["scenario"]:
            name, text = str(getattr(self.files["scenario"], "name", "")), d["scenario"]
        return asked_of(what, d["after"], text, quick=quick, name=name)


def form_of(
    scenario: Scenario | None,
    data: Sent | None = None,
    files: Files = None,
    earlier: Asked | None = None,
) -> TryForm:
    """As it was sent; else with what an earlier study asked, or nothing that differs."""
    options = [(o.code, named(o.title)) for o in scenario.options] if scenario else []
    if data is not None:
        return TryForm(data, files, options=options)
    initial: dict[str, object] = {}
    if earlier:
        asked = earlier.asked
        what = asked["what"]
        initial = {"base": earlier.pk, "after": asked["after"]}
        initial |= {name: round(100 * what[name]) for name in ("supply", "capacity", "uptake")}
        initial |= {k: what[k] for k in ("by", "surge", "option", "lag_days")}
    return TryForm(initial=initial, options=options)
