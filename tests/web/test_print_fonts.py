"""What this machine cannot print is said, at the start and on the paper."""

import json
from functools import partial
from pathlib import Path

import pytest
import typst

from balmis.cli.check import lacking_fonts
from balmis.web.shared import print_fonts
from tests import make

PAGE = "#let d = json(bytes(sys.inputs.data))\n#set text(font: d.fonts)\n#d.lost #d.name"


@pytest.fixture
def bare(monkeypatch):
    """A machine with no fonts but Typst's own, as a small container; returns what is set."""
    told, real = [], partial(typst.compile, ignore_system_fonts=True)

    def compile_(template, *, sys_inputs, **more):
        told.append(json.loads(sys_inputs["data"]))
        return real(template, sys_inputs=sys_inputs, **more)

    monkeypatch.setattr(print_fonts, "_known", {})
    monkeypatch.setattr(print_fonts.typst, "compile", compile_)
    return told


def test_letters_that_no_font_has_are_found(bare):
    assert print_fonts.cannot_print(["Đặng 가 中, 가é\n", "A\u0301 \u3000"]) == ["中", "가"]
    assert print_fonts.needs(["en", "ko", "vi", "zh-hans", "xx"]) == {
        "ko": "fonts-noto-cjk",
        "zh-hans": "fonts-noto-cjk",
    }


def test_a_letter_is_looked_at_once(bare):
    print_fonts.cannot_print(["가나다"])
    print_fonts.cannot_print(["다라가"])
    assert [d["letters"][1:] for d in bare] == [["가", "나", "다"], ["라"]]


def test_a_paper_names_the_letters_that_it_lacks(bare, tmp_path):
    template = Path(tmp_path / "page.typ")
    template.write_text(PAGE)
    said = {"name": ("Kim", [{"x": "김"}]), "code": "<svg>한</svg>", "n": None, "m": 3}
    made = print_fonts.as_pdf(template, {**said, "name": "Kim 김"}, "ko")
    assert made.startswith(b"%PDF") and "U+AE40" in bare[-1]["lost"]
    print_fonts.as_pdf(template, {"name": "Kim", "more": said["code"]}, "zh-hans")
    assert (bare[-1]["lost"], bare[-1]["language"]) == ("", "zh")


def test_check_says_which_package_to_install(committed, bare):
    make.campaign()
    (line,) = lacking_fonts()
    assert line.startswith("No font for 'ko'") and "fonts-noto-cjk" in line
