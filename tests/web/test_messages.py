"""Every message of pages and rules is there in every language, and compiled."""

import os
import shutil
from pathlib import Path

import pytest
from babel.messages import pofile
from django.utils import translation

from balmis.core.refusal_texts import REASONS
from tools import messages


def ids(path: Path) -> set[str]:
    with path.open("rb") as handle:
        return {str(m.id) for m in pofile.read_po(handle) if m.id}


def test_every_message_is_translated_and_compiled():
    assert messages.problems() == []


def test_a_missing_translation_is_seen(tmp_path, monkeypatch):
    shutil.copytree(messages.LOCALES, tmp_path / "locale")
    path = tmp_path / "locale/ko/LC_MESSAGES/django.po"
    path.write_text(path.read_text().replace('msgstr "로그아웃"', 'msgstr ""'))
    monkeypatch.setattr(messages, "LOCALES", tmp_path / "locale")
    told = messages.problems()
    assert len(told) == 2 and "Sign out" in told[0] and "not current" in told[1]


def test_the_catalogues_hold_exactly_the_messages_of_the_source(tmp_path, monkeypatch):
    if shutil.which("xgettext") is None:
        assert os.environ.get("CI") != "true", "CI installs gettext"
        pytest.skip("GNU gettext is not installed")
    copy = tmp_path / "balmis"
    shutil.copytree(messages.ROOT / "balmis", copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    messages.collect(copy)
    for language in messages.LANGUAGES:
        assert ids(copy / "locale" / language / "LC_MESSAGES/django.po") == ids(
            messages.catalogue(language)
        )


@pytest.mark.parametrize("language", ["ko", "zh-hans", "vi"])
def test_every_reason_is_told_in_every_language(language):
    with translation.override(language):
        for text in REASONS.values():
            assert translation.gettext(text) != text
