"""Lists that an operator reads in: the file, the mapping, and the bad rows back as a workbook."""

import hashlib
from pathlib import Path
from typing import Any

import yaml

from balmis.cli.runtime import counted, put
from balmis.core.errors import BadInput, Unusable
from balmis.core.files.book import Book

WORDS = 20  # without a group that are told
MAX_BYTES = 500 * 1024 * 1024


def open_book(path: Path) -> tuple[Book, str]:
    """The book, and its SHA-256. Raises Unusable, BadInput."""
    from balmis.uploads.readers import read_book

    if not path.is_file():
        raise Unusable(f"There is no file {path}.")
    if path.stat().st_size > MAX_BYTES:
        raise Unusable(f"{path} is larger than {MAX_BYTES >> 20} MiB; split it.")
    data = path.read_bytes()
    return read_book(data, larger=True), hashlib.sha256(data).hexdigest()


def read_mapping(path: Path | None, known: list[str]) -> dict[str, list[str]] | None:
    """Our column to the list's heading, or to those of its parts. Raises Unusable."""
    if path is None:
        return None
    try:
        found: Any = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Unusable(f"The mapping {path} cannot be read: {error}") from None
    if not isinstance(found, dict) or not all(map(_is_heading, found.values())):
        raise Unusable(
            f"The mapping {path} must hold lines like 'born: Date of birth', or 'name: [Last, First]'."
        )
    if unknown := set(found) - set(known):
        raise Unusable(
            f"The mapping {path} names {', '.join(sorted(map(str, unknown)))}; "
            f"possible: {', '.join(known)}."
        )
    chosen = {name: [v] if isinstance(v, str) else list(v) for name, v in found.items()}
    every = [heading for headings in chosen.values() for heading in headings]
    if twice := sorted({h for h in every if every.count(h) > 1}):
        raise Unusable(f"The mapping {path} takes {', '.join(twice)} for more than one column.")
    return chosen


def read_words(said: list[str]) -> dict[str, str]:
    """'Nurse=health-workers' to the word and its group; 'Retired=' to none. Raises Unusable."""
    words: dict[str, str] = {}
    for text in said:
        word, sign, group = text.rpartition("=")
        if not sign or not word.strip():
            raise Unusable(f"--word {text!r} must be like 'Nurse=health-workers', or 'Retired='.")
        words[word.strip()] = group.strip()
    return words


def _is_heading(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)
    )


def tell(done: Any, file: Path, *, dry_run: bool) -> None:
    """What was decided, and what the list did or would do."""
    for line in _decided(done):
        put(line)
    verb = "would be" if dry_run else "was" if done.added == 1 else "were"
    people = counted(done.added, "person", "people")
    put(
        f"{counted(done.rows, 'row', 'rows')}: {people} {verb} added, {done.changed:,} changed, "
        f"{done.same:,} known already."
    )
    if done.waiting:
        waiting = counted(done.waiting, "row changes", "rows change")
        put(f"{waiting} who somebody is; look at them at the registration desk.")
    if done.problems:
        report = report_problems(file, done)
        left = counted(
            done.counts.refused, "row has problems and was", "rows have problems and were"
        )
        put(f"{left} left out; see {report}.")


def _decided(done: Any) -> list[str]:
    """What was decided of the list, where there was something to decide."""
    lines = []
    dates = done.people.dates
    if dates is not None and dates.day_first is not None and dates.decided_by:
        order = "days first" if dates.day_first else "months first"
        lines.append(f"Dates are read {order}: {dates.decided_by!r} says so.")
    if dates is not None and dates.years:
        lines.append(f"{counted(dates.years, 'row gives', 'rows give')} the year of birth alone.")
    if done.people.numbered:
        lines.append(f"The column {done.people.numbered!r} counts the rows and is no key.")
    if done.found.hidden:
        lines.append(f"Hidden sheets were not read: {', '.join(done.found.hidden)}.")
    unknown = done.people.words.unknown
    if unknown:
        words = ", ".join(f"{w} ({n:,})" for w, n in unknown.most_common(WORDS))
        more = f" and {len(unknown) - WORDS:,} more" if len(unknown) > WORDS else ""
        lines.append(
            f"No group of the plan is called: {words}{more}. --word 'WORD=GROUP' says which group one "
            "means, --word 'WORD=' that it means none."
        )
    if done.people.doubts:
        odd = counted(len(done.people.doubts), "row is", "rows are")
        lines.append(f"{odd} odd; the first: {done.people.doubts[0]}.")
    return lines


def with_report(file: Path, problem: BadInput, taken: Any) -> BadInput:
    """The same, and where every problem stands."""
    return BadInput(
        f"{problem} Every problem stands in {report_problems(file, taken)}.", problem.problems
    )


def report_problems(file: Path, taken: Any) -> Path:
    """Every problem beside the input, and the bad rows as a workbook to mend."""
    import csv

    from balmis.core.files.marked_list import write_marked
    from balmis.core.spreadsheet_cells import neutral

    report = file.with_name(f"{file.stem}.problems.csv")
    with report.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["row", "column", "value", "problem"])
        for p in taken.problems:
            writer.writerow([p.row, p.column, neutral(p.value), p.text])
    marked = file.with_name(f"{file.stem}.problems.xlsx")
    marked.write_bytes(write_marked(taken.found, taken.problems, lambda p: p.text, "What is wrong"))
    return report
