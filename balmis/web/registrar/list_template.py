"""An empty list of people to fill in."""

from io import BytesIO

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET

from balmis.core.people.list_columns import TEMPLATE
from balmis.core.roles import Act
from balmis.web.shared.requests import allowed

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
@allowed(Act.REGISTER_PEOPLE)
def template(request: HttpRequest, slug: str) -> HttpResponse:
    """An empty list with its headings in the reader's language."""
    import openpyxl
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    del book["Sheet"]
    sheet = book.create_sheet(gettext("People"))
    headings = TEMPLATE.get(get_language() or "en", TEMPLATE["en"])
    for n, heading in enumerate(headings, 1):
        cell = sheet.cell(1, n, heading)
        cell.font = Font(bold=True)
        letter = get_column_letter(n)
        sheet.column_dimensions[letter].width = max(14, len(heading) + 4)
        for row in range(2, 502):  # text: zeros stay, and no number is rounded
            sheet.cell(row, n).number_format = "@"
    sheet.freeze_panes = "A2"
    out = BytesIO()
    book.save(out)
    return xlsx_file(out.getvalue(), f"{slug}-people.xlsx")


def xlsx_file(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
