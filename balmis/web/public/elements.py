"""Every element of the pages, with invented content."""

from datetime import UTC, date, datetime, timedelta

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_GET

from balmis.core.vocabulary.campaigns import Progress
from balmis.web.labels.common import PROGRESS
from balmis.web.labels.formats import cell
from balmis.web.shared.charts import SERIES, Picture, Spec, amount, by_day, layer
from balmis.web.shared.forms import Form, OneOf, TextField
from balmis.web.shared.picture_files import picture_answer

THEMES = ("light", "dark")
MOMENT = datetime(2021, 6, 17, 0, 30, tzinfo=UTC)
DOSES = (412, 538, 601, 477, 655, 302, 120)


class ElementForm(Form):
    """A field as it is, one with an error, and one of several."""

    text = TextField(gettext_lazy("Field"), most=40, required=False)
    wrong = TextField(gettext_lazy("Field with an error"), most=40)
    state = forms.ChoiceField(
        label=gettext_lazy("Status"), choices=list(PROGRESS.items()), widget=OneOf(in_row=True)
    )


def _figure(theme: str) -> Picture:
    days = [str(date(2021, 6, 17) + timedelta(days=n)) for n in range(len(DOSES))]
    values = [{"day": d, "doses": n} for d, n in zip(days, DOSES, strict=True)]

    def layers(colours: dict[str, str]) -> list[Spec]:
        line = {"type": "line", "strokeWidth": 2, "color": SERIES[0]}
        return [layer(values, line, x=by_day(), y=amount("doses", gettext("Doses")))]

    sentence = gettext("The busiest day was %(when)s with %(best)s doses.")
    told = sentence % {"when": cell(days[DOSES.index(max(DOSES))]), "best": max(DOSES)}
    head = (gettext("Day"), gettext("Doses"))
    return Picture(
        theme, gettext("Doses by day"), told, head, tuple(zip(days, DOSES, strict=True)), layers
    )


@require_GET
def components(request: HttpRequest) -> HttpResponse:
    """Every element, in both themes."""
    sent = {"text": "A", "state": Progress.OPEN}
    themes = [(t, ElementForm(sent, name=t), _figure(t)) for t in THEMES]
    return render(request, "components.html", {"themes": themes, "moment": MOMENT})


@require_GET
def drawing(request: HttpRequest, name: str, form: str) -> HttpResponse:
    """The figure of a theme, as SVG, PNG or CSV."""
    if name not in THEMES:
        raise Http404(gettext("There is no such picture."))
    return picture_answer(request, _figure(name), form, f"elements-{name}")
