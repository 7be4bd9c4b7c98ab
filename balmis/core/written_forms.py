"""What people type, made comparable: one normaliser for names, numbers, headings and codes.

*Finding* folds everything that a hand or a machine may write differently. *Identity* folds only what
cannot tell people apart: in Vietnamese a tone does (Tuấn and Tuân are two), where it stands does not
(hòa and hoà are one). What is stored is what was given, tidied: composed, without invisible signs.
`people_fold` of the database does what `fold` does; a test compares them.
"""

import re
import unicodedata

# zero-width signs, word joiner, byte order mark, soft hyphen, marks of direction, selectors of a variant
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]"
)
_MARKS = re.compile("[\u0300-\u036f]")  # accents and tones, once they are apart from their letter
APOSTROPHES = "'’‘ʼ`´ʹ＇"
_NO_APOSTROPHES = str.maketrans("", "", APOSTROPHES)
# letters with a stroke or of two letters: Unicode does not take them apart
_LETTERS = str.maketrans(
    {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i"}
    | {"æ": "ae", "œ": "oe", "þ": "th", "ß": "ss"}
)
_TONES = "\u0300\u0301\u0303\u0309\u0323"  # huyền, sắc, ngã, hỏi, nặng


def tidy(text: str) -> str:
    """As it is stored: composed (NFC), blanks of any kind one space, no invisible signs."""
    composed = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return " ".join(composed.split())


def fold(text: str) -> str:
    """For finding: words of letters and digits, without case, marks, width and punctuation."""
    wide = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).lower()
    apart = unicodedata.normalize("NFKD", wide.translate(_NO_APOSTROPHES))
    bare = unicodedata.normalize("NFC", _MARKS.sub("", apart).translate(_LETTERS))
    return " ".join("".join(c if _is_of_word(c) else " " for c in bare).split())


def _is_of_word(sign: str) -> bool:
    """Letters, digits, and the vowel signs of other scripts."""
    return sign.isalnum() or unicodedata.category(sign).startswith("M")


def fold_identity(text: str) -> str:
    """For telling people apart: width, case, apostrophes, hyphens and blanks are folded, and in a word
    of Latin letters the place of its tone. Marks and the order of the words stay."""
    wide = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold()
    plain = wide.translate(_NO_APOSTROPHES)
    words = "".join(c if _is_of_word(c) else " " for c in plain).split()
    if words and not any(_is_latin(w) for w in words):
        return "".join(words)  # Korean and Chinese names are written with blanks and without
    return " ".join(map(_tone_last, words))


def _is_latin(word: str) -> bool:
    return any(unicodedata.name(c, "").startswith("LATIN") for c in word)


def _tone_last(word: str) -> str:
    apart = unicodedata.normalize("NFD", word)
    tones = [c for c in apart if c in _TONES]
    if len(tones) != 1:
        return word
    return unicodedata.normalize("NFC", apart.replace(tones[0], "")) + tones[0]


def fold_number(text: str) -> str:
    """A number or code for finding: letters and digits alone, capitals, without leading zeros."""
    bare = fold_code(text)
    bare = "".join(c for c in bare if c.isalnum())
    return bare.lstrip("0")


def fold_code(text: str) -> str:
    """A key as two lists may write it and mean one: width, case, blanks, kinds of dash."""
    wide = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).upper()
    dashed = "".join("-" if unicodedata.category(c) == "Pd" or c == "\u2212" else c for c in wide)
    return "".join(dashed.split())
