"""How many parts a text message has: 160 letters of GSM 03.38 or 70 of UCS-2, and 153 or 67 in each part
where there are several. One letter that GSM lacks makes the whole message one of UCS-2."""

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")  # an escape and a letter: never in two parts
GSM_ALONE, GSM_EACH = 160, 153
UCS2_ALONE, UCS2_EACH = 70, 67


def is_gsm(text: str) -> bool:
    """Are all its letters among those that every phone has?"""
    return all(c in GSM or c in EXTENDED for c in text)


def parts(text: str) -> int:
    """The parts it is sent in."""
    if is_gsm(text):
        return _parts([2 if c in EXTENDED else 1 for c in text], GSM_ALONE, GSM_EACH)
    return _parts([2 if ord(c) > 0xFFFF else 1 for c in text], UCS2_ALONE, UCS2_EACH)


def _parts(units: list[int], alone: int, each: int) -> int:
    """Letters of two units are not parted."""
    if sum(units) <= alone:
        return 1
    found, room = 1, each
    for unit in units:
        if unit > room:
            found, room = found + 1, each
        room -= unit
    return found
