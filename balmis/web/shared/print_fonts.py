"""PDFs, set by Typst with the fonts of the machine, and what those fonts lack.

A letter that no font has is printed as a box. Whether one is, is seen by setting it: it looks like a
letter that there is not.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

import typst
from django.utils.translation import gettext

FONTS = (
    "Noto Sans",
    "Noto Sans CJK KR",
    "Noto Sans CJK SC",
    "DejaVu Sans",
    "Libertinus Serif",
)
NO_LETTER = "\U0010fffd"  # of a plane where nobody has any
ONE_BY_ONE = """
#let d = json(bytes(sys.inputs.data))
#set page(width: 60mm, height: auto)
#set text(font: d.fonts)
#for letter in d.letters [#text(letter) \\ ]
"""
DRAWN = re.compile(r'<use [^>]*href="#([^"]+)"')
# letters that a page in this language cannot be without, and the package of Debian that brings them
SAMPLES = {
    "en": ("Aa", "fonts-dejavu-core"),
    "ko": ("가각힣한", "fonts-noto-cjk"),
    "zh-hans": ("中国疫苗们", "fonts-noto-cjk"),
    "vi": ("ĂăĐđƠơƯưạệữ", "fonts-noto-core"),
}

_known: dict[str, bool] = {}  # letter → can it be printed here?


def cannot_print(texts: Iterable[str]) -> list[str]:
    """The letters of these texts that are a box on paper here, each once."""
    letters = sorted({c for text in texts for c in text if _is_drawn(c)})
    if asked := [c for c in letters if c not in _known]:
        _known.update(_look(asked))
    return [c for c in letters if not _known[c]]


def _is_drawn(letter: str) -> bool:
    """Blanks, marks that stand on others, and signs of control have no drawing of their own."""
    return unicodedata.category(letter)[0] not in "ZMC"


def _look(letters: list[str]) -> dict[str, bool]:
    data = json.dumps({"fonts": FONTS, "letters": [NO_LETTER, *letters]})
    made = typst.compile(ONE_BY_ONE.encode(), format="svg", sys_inputs={"data": data})
    box, *drawn = DRAWN.findall(made.decode())
    if len(drawn) != len(letters):  # some were drawn together: one by one
        if len(letters) == 1:
            return {letters[0]: bool(drawn) and box not in drawn}
        return {c: seen for letter in letters for c, seen in _look([letter]).items()}
    return {letter: shape != box for letter, shape in zip(letters, drawn, strict=True)}


def needs(languages: Iterable[str]) -> dict[str, str]:
    """Of these languages those that cannot be printed here, and the package that helps."""
    lacks = {}
    for language in languages:
        letters, package = SAMPLES.get(language, ("", ""))
        if cannot_print([letters]):
            lacks[language] = package
    return lacks


def as_pdf(template: Path, data: Mapping[str, object], language: str) -> bytes:
    """The template set with the data; letters that are lost are named on the paper."""
    lost = cannot_print(_texts(data))
    note = gettext("This machine has no font for %(letters)s. Write them in by hand.")
    told = dict(data) | {
        "fonts": FONTS,
        "language": {"zh-hans": "zh"}.get(language, language),
        "lost": note % {"letters": ", ".join(f"U+{ord(c):04X}" for c in lost)} if lost else "",
    }
    inputs = {"data": json.dumps(told, default=str)}
    made: bytes = typst.compile(template.read_bytes(), sys_inputs=inputs)
    return made


def _texts(value: object) -> Iterable[str]:
    """All that is written in the data; a picture is no text."""
    if isinstance(value, str):
        if not value.lstrip().startswith(("<svg", "<?xml")):
            yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
    elif value is not None:
        yield str(value)
