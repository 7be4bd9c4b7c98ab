"""The rows of a list that were not taken, as a workbook: with their headings, the cells marked, and what
is wrong beside them. Mended, it can be sent again."""

from collections.abc import Callable, Sequence
from io import BytesIO

from balmis.core.files.line_list import FoundList, RowProblem
from balmis.core.spreadsheet_cells import neutral

RED = "FFF8D7DA"
WIDEST = 60  # characters of a column


def write_marked(
    found: FoundList, problems: Sequence[RowProblem], said: Callable[[RowProblem], str], title: str
) -> bytes:
    """An xlsx workbook; cells are text, so that nothing is turned into a number again. `said` gives a
    problem in the reader's language, `title` heads its column."""
    import openpyxl
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    del book["Sheet"]
    sheet = book.create_sheet("List")
    width = max((len(r) for r in found.page.rows), default=0)
    for n in range(found.first):
        sheet.append([neutral(c) for c in found.page.rows[n]])
    heads = max(found.first, 1)
    sheet.cell(heads, width + 1, title)
    by_row: dict[int, list[RowProblem]] = {}
    for problem in problems:
        by_row.setdefault(problem.row, []).append(problem)
    places = {h: n for n, h in reversed(list(enumerate(found.headings)))}
    places |= {name: at[0] for name, at in found.columns.items()}
    fill = PatternFill("solid", fgColor=RED)
    for line, row in enumerate(sorted(by_row), heads + 1):
        cells = found.page.rows[row - 1] if row <= len(found.page.rows) else []
        for n, cell in enumerate(cells, 1):
            sheet.cell(line, n, neutral(cell)).number_format = "@"
        told = []
        for problem in by_row[row]:
            told.append(f"{problem.column}: {said(problem)}")
            if problem.column in places:
                sheet.cell(line, places[problem.column] + 1).fill = fill
        sheet.cell(line, width + 1, "\n".join(told)).fill = fill
    for n in range(1, width + 2):
        letter = get_column_letter(n)
        longest = max(len(str(c.value or "")) for c in sheet[letter])
        sheet.column_dimensions[letter].width = min(WIDEST, longest + 2)
    for heading in sheet[heads]:
        heading.font = Font(bold=True)
    sheet.freeze_panes = f"A{heads + 1}"
    out = BytesIO()
    book.save(out)
    return out.getvalue()
