"""Finding folds every spelling; identity folds nothing that tells people apart."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balmis.core.written_forms import fold, fold_code, fold_identity, fold_number, tidy

TONES = "\u0300\u0301\u0303\u0309\u0323"
SYLLABLES = ["tuân", "hoa", "nguyên", "trân", "an", "ha", "thuy", "lê", "đưc", "phương", "y"]
VOWELS = "aăâeêioôơuưy"


def toned(word: str, tone: str, at: int) -> str:
    """The word with a tone on one of its vowels."""
    places = [n for n, c in enumerate(word) if c in VOWELS]
    n = places[at % len(places)]
    return unicodedata.normalize("NFC", word[: n + 1] + tone + word[n + 1 :])


names = st.lists(
    st.tuples(st.sampled_from(SYLLABLES), st.sampled_from(["", *TONES]), st.integers(0, 3)),
    min_size=1,
    max_size=4,
).map(lambda parts: [toned(w, t, n) if t else w for w, t, n in parts])


@given(names, st.sampled_from(["NFC", "NFD"]), st.sampled_from(["upper", "lower", "title"]))
def test_every_spelling_of_a_name_is_found(words, form, case):
    name = " ".join(words)
    written = unicodedata.normalize(form, getattr(name, case)()).replace(" ", "\u00a0 ")
    assert fold("\u200b" + written) == fold(name)
    plain = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    assert fold(plain.replace("đ", "d")) == fold(name)


@given(names, st.integers(0, 10), st.sampled_from(["", *TONES]))
def test_two_tones_are_never_one(words, at, tone):
    """Another tone on a word makes another person, wherever in the word it stands."""
    n = at % len(words)
    apart = unicodedata.normalize("NFD", words[n])
    had = [c for c in apart if c in TONES]
    bare = unicodedata.normalize("NFC", "".join(c for c in apart if c not in TONES))
    other = toned(bare, tone, at) if tone else bare
    same = had == ([tone] if tone else [])
    changed = " ".join([*words[:n], other, *words[n + 1 :]])
    assert (fold_identity(changed) == fold_identity(" ".join(words))) == same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Nguyễn Văn Tuấn", "Nguyễn Văn Tuân", False),
        ("Trần Thị Hoa", "Trần Thị Hòa", False),
        ("Hòa", "Hoà", True),
        ("Nguyễn Văn Tuấn", "NGUYỄN  VĂN TUẤN", True),
        ("Nguyen Van Tuan", "Nguyen Tuan Van", False),
        ("안우철", "안 우철", True),
        ("합성일", unicodedata.normalize("NFD", "합성일"), True),
        ("심예히", "심예희", False),
        ("O'Synthetic", "O’Synthetic", True),
        ("d'Esempio", "D’ESEMPIO", True),
        ("Anna-Maria", "Anna Maria", True),
        ("合　成", "合成", True),
        ("Ｓynthetic", "Synthetic", True),
    ],
)
def test_identity(one, other, same):
    assert (fold_identity(one) == fold_identity(other)) == same


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("40009", "00040009"),
        ("0004 0009", "00040009"),
        ("７９０４２８９１３１０９５", "790428-9131095"),
        ("123 456 7890", "1234567890"),
        ("z–1\u200b", "Z-1"),
    ],
)
def test_a_number_is_found_however_it_is_typed(typed, stored):
    assert fold_number(typed) == fold_number(stored)


def test_keys_with_other_separators_stay_apart():
    assert fold_code("A-1-12") != fold_code("A-11-2")
    assert fold_code(" n–4\u200b") == "N-4"
    assert fold_code("007") != fold_code("7")


def test_what_is_stored_is_what_was_given_without_what_nobody_sees():
    assert tidy(" Nguyễn\u200b\u00a0 Văn ") == "Nguyễn Văn"
