"""Collect the messages of pages and rules, and compile their translations.

Usage: python tools/messages.py [--check]
Collecting needs GNU gettext; compiling does not. `--check` only says what is not current.
"""

import io
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import mofile, pofile

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "balmis" / "locale"
FIXED = datetime(2021, 1, 1, tzinfo=UTC)  # the same messages give the same bytes
LANGUAGES = ("ko", "zh_Hans", "vi")


def catalogue(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "django.po"


def compiled(path: Path) -> bytes:
    with path.open("rb") as handle:
        found = pofile.read_po(handle)
    found.creation_date = found.revision_date = FIXED
    out = io.BytesIO()
    mofile.write_mo(out, found)
    return out.getvalue()


def problems() -> list[str]:
    """What is not translated, or not compiled."""
    told = []
    for language in LANGUAGES:
        path = catalogue(language)
        with path.open("rb") as handle:
            for message in pofile.read_po(handle):
                if message.id and (not message.string or message.fuzzy):
                    told.append(f"{language}: not translated: {message.id!r}")
        if path.with_suffix(".mo").read_bytes() != compiled(path):
            told.append(f"{language}: django.mo is not current; run 'make messages'")
    return told


def collect(source: Path = ROOT / "balmis") -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "balmis.config.settings")
    import django
    from django.core.management import call_command

    django.setup()
    os.chdir(source)
    call_command(
        "makemessages",
        locale=list(LANGUAGES),
        add_location="file",
        no_obsolete=True,
        extensions=["html", "py"],
        verbosity=0,
    )
    for language in LANGUAGES:  # no date: it would change without the messages
        path = source / "locale" / language / "LC_MESSAGES" / "django.po"
        kept = [line for line in path.read_text().splitlines() if "POT-Creation-Date" not in line]
        path.write_text("\n".join(kept) + "\n")


def main() -> None:
    if "--check" not in sys.argv:
        if shutil.which("xgettext"):
            collect()
        for language in LANGUAGES:
            catalogue(language).with_suffix(".mo").write_bytes(compiled(catalogue(language)))
    told = problems()
    print("\n".join(told[:400]))
    sys.exit(1 if told else 0)


if __name__ == "__main__":
    main()
