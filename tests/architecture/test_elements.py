"""Elements of pages come from their components; what is written out all the same is counted, and why."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[2] / "balmis" / "web" / "templates"
HOMES = ("parts/choice.html", "parts/picture.html", "widgets/")  # where the components are written
BY_HAND = {
    "table": re.compile(r"<table\b"),
    "scroll": re.compile(r'class="scroll"'),
    "notice": re.compile(r'class="[^"]*\bnotice\b'),
    "choice": re.compile(r'type="(?:radio|checkbox)"'),
    "clock": re.compile(r"data-(?:seconds|since)\b"),
    "picture": re.compile(r"<picture\b"),
    "field": re.compile(
        r'<(?:select|textarea)\b|<input\b(?![^>]*type="(?:hidden|radio|checkbox)")'
    ),
}
HELD = {  # how many are left, and why; less is better
    "picture": (2, "two studies beside each other, always in the narrow form"),
    "field": (27, "filters of a page by its address, which have no form to be wrong"),
}
NAMES = ("by=", "label=", "caption=")


def written(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*.html")):
        name = str(path.relative_to(folder))
        if not name.startswith(HOMES):
            yield name, path.read_text(encoding="utf-8")


def by_hand(folder: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for _, text in written(folder):
        found.update({kind: len(sign.findall(text)) for kind, sign in BY_HAND.items()})
    return found


def nameless(folder: Path) -> list[str]:
    """Tables that do not say what they are called."""
    return [
        f"{name}: {tag}"
        for name, text in written(folder)
        for tag in re.findall(r"{% table\b.*?%}", text)
        if not any(way in tag for way in NAMES)
    ]


@pytest.mark.parametrize("kind", BY_HAND)
def test_elements_come_from_their_components(kind):
    most, why = HELD.get(kind, (0, "the component fits everywhere"))
    assert by_hand(TEMPLATES)[kind] == most, f"{kind} by hand; held to {most}: {why}"


def test_every_table_has_a_name():
    assert nameless(TEMPLATES) == []


def test_what_is_written_by_hand_is_seen(tmp_path):
    (tmp_path / "page.html").write_text(
        '<div class="scroll"><table class="list"></table></div><p class="small notice warn">\n'
        '<input\n  type="radio"><input type="hidden"><input name="q"><select><picture>\n'
        '<b data-since="1">{% table cards=False %}{% endtable %}{% table by="x" %}{% endtable %}'
    )
    found = by_hand(tmp_path)

    assert found == dict.fromkeys(BY_HAND, 1) | {"field": 2}
    assert nameless(tmp_path) == ["page.html: {% table cards=False %}"]
