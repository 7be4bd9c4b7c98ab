"""The form of a what-if: what differs from the assumptions."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from balmis.core.planning.allocation.scenario_file import Scenario
from balmis.flows.planning.problem import WhatIf
from balmis.flows.planning.studies import asked_of
from balmis.web.labels.formats import named

MOST_BYTES = 256 * 1024  # of a scenario file


class TryForm(forms.Form):
    """What differs from the assumptions, in per cent and points."""

    supply = forms.IntegerField(
        label=_("Deliveries, % of what is assumed"), min_value=0, max_value=300, initial=100
    )
    capacity = forms.IntegerField(
        label=_("Hands at the sites, %"), min_value=0, max_value=300, initial=100
    )
    uptake = forms.IntegerField(
        label=_("People who come, points more or less"), min_value=-50, max_value=50, initial=0
    )
    lag_days = forms.IntegerField(
        label=_("Deliveries later by days"), min_value=0, max_value=180, initial=0
    )
    by = forms.DateField(label=_("The day of every target (empty: the plan's)"), required=False)
    after = forms.DateField(
        label=_("Plan anew from what was given until (empty: from the beginning)"), required=False
    )
    option = forms.ChoiceField(label=_("With doses that could be had besides"), required=False)
    surge = forms.BooleanField(label=_("Call for the surge"), required=False)
    title = forms.CharField(label=_("Name, to keep it"), max_length=120, required=False)
    scenario = forms.FileField(
        label=_("Other assumptions, as a file (at most 256 KiB)"), required=False
    )

    def __init__(self, *args: Any, options: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["option"].choices = [("", "–"), *options]  # type: ignore[attr-defined]

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

    def asked(self, *, quick: bool, base: dict[str, Any] | None) -> dict[str, Any]:
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
        name = (
            str(getattr(self.files["scenario"], "name", ""))
            if d["scenario"]
            else (base or {}).get("name")
        )
        text = d["scenario"] or (base or {}).get("scenario")
        return asked_of(what, d["after"], text, quick=quick, name=name)


def form_of(
    scenario: Scenario | None,
    data: Any = None,
    files: Any = None,
    asked: dict[str, Any] | None = None,
) -> TryForm:
    options = [(o.code, named(o.title)) for o in scenario.options] if scenario else []
    if data is not None:
        return TryForm(data, files, options=options)
    initial: dict[str, Any] = {}
    if asked:
        what = asked["what"]
        initial = {name: round(100 * what[name]) for name in ("supply", "capacity", "uptake")}
        initial |= {k: what[k] for k in ("by", "surge", "option", "lag_days")} | {
            "after": asked["after"]
        }
    return TryForm(initial=initial, options=options)
