"""The styles come in parts: each is loaded, in one order, and together they are light."""

import re
from pathlib import Path

WEB = Path(__file__).parents[2] / "balmis" / "web"
SHEETS = WEB / "static" / "styles"
LIGHT = 50_000  # bytes: half of what a first view may weigh


def linked(page: Path) -> list[str]:
    return re.findall(r"{% static 'styles/(\w+)\.css' %}", page.read_text(encoding="utf-8"))


def in_order(some: list[str], of: list[str]) -> bool:
    return some == [name for name in of if name in some]


def test_base_loads_every_part_once_tokens_first_and_print_last():
    order = linked(WEB / "templates" / "base.html")

    assert sorted(order) == sorted(path.stem for path in SHEETS.glob("*.css"))
    assert (order[0], order[-1]) == ("tokens", "print")


def test_a_page_that_stands_alone_loads_what_it_needs_in_the_same_order():
    order = linked(WEB / "templates" / "base.html")
    alone = [
        path
        for path in (WEB / "templates").rglob("*.html")
        if path.name != "base.html" and linked(path)
    ]

    assert {path.name for path in alone} >= {"400.html", "500.html"}
    for path in alone:
        assert in_order(linked(path), order), path.name
        assert linked(path)[:2] == ["tokens", "base"], path.name


def test_a_page_whose_parts_are_out_of_order_is_seen():
    assert in_order(["tokens", "print"], ["tokens", "base", "print"])
    assert not in_order(["print", "tokens"], ["tokens", "base", "print"])
    assert not in_order(["tokens", "gone"], ["tokens", "base", "print"])


def test_all_parts_together_are_light_and_none_waits_for_another():
    texts = [path.read_text(encoding="utf-8") for path in SHEETS.glob("*.css")]

    assert sum(len(text.encode()) for text in texts) < LIGHT
    assert not any("@import" in text for text in texts)
