"""Collect the messages of pages and rules, and compile their translations.

Usage: python tools/messages.py [--check]
Collecting needs GNU gettext; compiling does not. `--check` only says what is not current.
"""

import os
import shutil
import sys
from pathlib import Path

from babel.messages import pofile

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tools.compile_messages import compile_all, compiled  # noqa: E402

LOCALES = ROOT / "balmis" / "locale"
LANGUAGES = ("ko", "zh_Hans", "vi")


def catalogue(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "django.po"


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
        compile_all()
    told = problems()
    print("\n".join(told[:400]))
    sys.exit(1 if told else 0)


if __name__ == "__main__":
    main()
