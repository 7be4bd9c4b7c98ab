"""What is drawn, as files: for a page, and to take along."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext

from balmis.web.shared.charts import Picture
from balmis.web.shared.requests import csv_answer


def picture_answer(request: HttpRequest, made: Picture, form: str, name: str) -> HttpResponse:
    """As SVG (light or dark, `size=narrow` for phones), PNG or CSV."""
    if form not in ("csv", "png", "light.svg", "dark.svg"):
        raise Http404(gettext("There is no such picture."))
    if form == "csv":
        return csv_answer(name, made.head, made.rows)
    if form == "png":
        answer = HttpResponse(made.png(), content_type="image/png")
        answer["Content-Disposition"] = f'attachment; filename="{name}.png"'
    else:
        theme = "dark" if form == "dark.svg" else "light"
        answer = HttpResponse(
            made.svg(theme, narrow=request.GET.get("size") == "narrow"),
            content_type="image/svg+xml",
        )
    answer["Cache-Control"] = "private, max-age=3600"
    return answer
