"""Compile the catalogues of messages: the .mo files that Django reads are made, never kept in git.

Usage: python tools/compile_messages.py
"""

import io
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import mofile, pofile

LOCALES = Path(__file__).resolve().parent.parent / "balmis" / "locale"
FIXED = datetime(2021, 1, 1, tzinfo=UTC)  # the same messages give the same bytes


def compiled(path: Path) -> bytes:
    with path.open("rb") as handle:
        found = pofile.read_po(handle)
    found.creation_date = found.revision_date = FIXED
    out = io.BytesIO()
    mofile.write_mo(out, found)
    return out.getvalue()


def compile_all(folder: Path = LOCALES) -> None:
    for path in sorted(folder.glob("*/LC_MESSAGES/django.po")):
        path.with_suffix(".mo").write_bytes(compiled(path))


if __name__ == "__main__":
    compile_all()
