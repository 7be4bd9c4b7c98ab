"""The order of names by language, as dictionaries and directories have it.

Vietnamese: its letters ă â đ ê ô ơ ư follow a d e o u, tones tell only what else is equal (as CLDR's `vi`).
Korean: syllables by their letters, before Latin. Chinese: by pinyin, as the first level of GB 2312 is
ordered (3,755 characters); others follow by their code. Elsewhere accents tell only what else is equal.
"""

import unicodedata

from balmis.core.written_forms import fold, tidy

_VIETNAMESE = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_RANK = {letter: n for n, letter in enumerate(_VIETNAMESE)}
_TONES = "\u0300\u0309\u0303\u0301\u0323"  # huyền, hỏi, ngã, sắc, nặng
FIRST_LEVEL = range(0xB0A1, 0xD7FA)  # of GB 2312

Key = tuple[object, ...]


def sort_key(text: str, language: str) -> Key:
    """Sorts texts of one language; of another script stand together."""
    said = tidy(text)
    match language.split("-")[0]:
        case "vi":
            return (_vietnamese(said), fold(said), said)
        case "zh":
            return (tuple(map(_pinyin, said)), said)
        case "ko":
            return (tuple(map(_korean, said)), said)
    return (fold(said), said)


def _vietnamese(text: str) -> tuple[Key, ...]:
    """Word by word: the letters first, then the tones."""
    words = []
    for word in unicodedata.normalize("NFC", text.lower()).split():
        letters, tones = [], []
        for sign in word:
            apart = unicodedata.normalize("NFD", sign)
            tone = next((t for t in apart if t in _TONES), "")
            letter = unicodedata.normalize("NFC", apart.replace(tone, "")) if tone else sign
            letters.append(_RANK.get(letter, len(_RANK) + ord(letter[0])))
            tones.append(_TONES.index(tone) + 1 if tone else 0)
        words.append((tuple(letters), tuple(tones)))
    return tuple(words)


def _pinyin(sign: str) -> tuple[int, int]:
    code = int.from_bytes(sign.encode("gb2312", errors="ignore"))
    if code in FIRST_LEVEL:
        return (1, code)
    return (0 if sign.isascii() else 2, ord(sign.lower()))


def _korean(sign: str) -> tuple[int, int]:
    return (0 if "가" <= sign <= "힣" else 1, ord(sign.lower()))
