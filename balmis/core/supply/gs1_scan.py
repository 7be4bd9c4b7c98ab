"""What a scanner, or a person at a keyboard, says of a vial, a carton or a shipment.

GS1 codes by their application identifiers: 01 trade item (GTIN), 10 lot, 17 expiry, 21 serial,
37 count, 00 shipment (SSCC); GS1 General Specifications, sections 3 and 7.8. A lot or serial
number has no fixed length and ends at a separator (FNC1); some scanners swallow it. Then the
lots that are known decide, and if they cannot, a person types it: nothing is guessed.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from biip import ParseError
from biip.gs1_messages import GS1Message

from balmis.core.errors import BadInput
from balmis.core.refusal_texts import gettext_noop

SEPARATOR = "\x1d"
WRITTEN = ("<GS>", "{GS}", "[GS]", "<FNC1>", "{FNC1}", "\u241d", "^]", "\\x1d", "\\u001d")
AIM = re.compile(r"^\](?:d[12]|C1|e0|Q3|J1)")
BRACKETED = re.compile(r"\((\d{2,4})\)\s*([^()]*)")
CHINA = re.compile(r"^8\d{19}$")  # drug traceability code, 20 digits
# what may follow a lot whose separator was lost: an expiry or production day, a serial number of
# at least four signs, a count
SWALLOWED = re.compile(r"(?=(1[17]\d{6}.*|21.{4,20}|37\d{1,8})$)")
LONGEST = 256  # characters


@dataclass(frozen=True, slots=True)
class Scan:
    """`lots` are the readings of the lot number: more than one when a separator may be missing."""

    gtin: str = ""
    lots: tuple[str, ...] = ()
    expires_on: date | None = None
    serial: str = ""
    sscc: str = ""
    count: int | None = None
    trace: str = ""  # a national trace code, as it is

    def lot(self, known: Collection[str]) -> str:
        """The lot number. Raises BadInput when the code does not say which."""
        if len(self.lots) == 1:
            return self.lots[0]
        fitting = [lot for lot in self.lots if lot in known]
        if len(fitting) != 1:
            raise BadInput(
                gettext_noop(
                    "The scanner dropped a separator, so the end of the lot number is not sure. "
                    "Type the lot number from the label."
                )
            )
        return fitting[0]


def read_scan(text: str) -> Scan:
    """Raises BadInput with what is wrong and what to do."""
    text = text.strip().strip("\r\n")
    for sign in WRITTEN:
        text = text.replace(sign, SEPARATOR)
    text = AIM.sub("", text).strip(SEPARATOR)
    if not text or len(text) > LONGEST:
        raise BadInput(gettext_noop("Nothing was scanned. Scan again, or type the lot number."))
    if CHINA.match(text):
        return Scan(trace=text)
    if text.startswith("("):
        text = _from_brackets(text)
    return _scan(_parsed(text), text)


def _from_brackets(text: str) -> str:
    """'(01)0869…(10)AB1' as it is printed, in the form of a scan."""
    parts = BRACKETED.findall(text)
    if not parts or BRACKETED.sub("", text).strip():
        raise BadInput(_unreadable())
    return SEPARATOR.join(ai + value.strip() for ai, value in parts)


def _parsed(text: str) -> GS1Message:
    try:
        message = GS1Message.parse(text)
    except ParseError as error:
        raise BadInput(_unreadable()) from error
    if any(e.gtin_error or e.sscc_error for e in message.element_strings):
        raise BadInput(
            gettext_noop(
                "The check digit of the code is wrong: a digit was misread. Scan it again."
            )
        )
    return message


def _unreadable() -> str:
    return gettext_noop(
        "This is not a code of a vaccine: it must hold the product (01) and the lot (10). "
        "Scan the square code on the vial, or type the lot number."
    )


def _scan(message: GS1Message, text: str) -> Scan:
    gtin = _value(message, "01") or _value(message, "02")
    if _value(message, "00"):
        return Scan(sscc=_value(message, "00"), gtin=gtin, count=_count(message))
    if not gtin:
        raise BadInput(_unreadable())
    lot = _value(message, "10")
    expiry = message.element_strings.get(ai="17")
    lots = _readings(lot, separated=f"10{lot}{SEPARATOR}" in text)
    return Scan(
        gtin=gtin.zfill(14),
        lots=lots,
        expires_on=expiry.date if expiry else None,
        serial=_value(message, "21"),
        count=_count(message),
    )


def _value(message: GS1Message, ai: str) -> str:
    element = message.element_strings.get(ai=ai)
    return element.value if element else ""


def _count(message: GS1Message) -> int | None:
    text = _value(message, "37")
    return int(text) if text.isdigit() else None


def _readings(lot: str, *, separated: bool) -> tuple[str, ...]:
    """The lot as read, and as it would be if what follows it were another field."""
    if not lot:
        return ()
    found = [lot]
    if not separated:
        found += [lot[: m.start()] for m in SWALLOWED.finditer(lot) if m.start()]
    return tuple(dict.fromkeys(found))
