"""Codes on vials, cartons and shipments: the right answer, or a clear refusal."""

from datetime import date

import pytest

from balmis.core.errors import BadInput
from balmis.core.supply.gs1_scan import Scan, read_scan

GTIN = "09501101530003"  # GS1's own example company prefix
VIAL = f"01{GTIN}172512311021"


@pytest.mark.parametrize(
    "text",
    [
        f"]d201{GTIN}1725123110AB12\x1d21S9",
        f"01{GTIN}1725123110AB12<GS>21S9",
        f"(01){GTIN}(17)251231(10)AB12(21)S9",
        f"\x1d01{GTIN}1725123121S9\x1d10AB12",
        f"]C101{GTIN}10AB12\x1d1725123121S9",
    ],
)
def test_the_same_vial_is_read_however_the_scanner_writes_it(text):
    found = read_scan(text)
    assert (found.gtin, found.lots, found.expires_on, found.serial) == (
        GTIN,
        ("AB12",),
        date(2025, 12, 31),
        "S9",
    )


def test_day_00_is_the_end_of_the_month():
    assert read_scan(f"01{GTIN}1724020010AB12").expires_on == date(2024, 2, 29)


def test_a_lot_whose_separator_was_lost_is_found_among_those_known_or_refused():
    found = read_scan(f"01{GTIN}1725123110AB1221S900")
    assert "AB12" in found.lots and len(found.lots) > 1
    assert found.lot({"AB12", "ZZ"}) == "AB12"
    for known in ({"ZZ"}, {"AB12", "AB1221S900"}):
        with pytest.raises(BadInput, match="dropped a separator"):
            found.lot(known)


def test_a_lot_at_the_end_needs_no_separator():
    assert read_scan(f"01{GTIN}1725123110AB12").lot(set()) == "AB12"
    assert read_scan(f"01{GTIN}1725123110AB1721").lot({"AB1721"}) == "AB1721"


@pytest.mark.parametrize(
    "text, words",
    [
        ("01095011015300041725123110AB12", "check digit"),
        ("", "Nothing was scanned"),
        ("hello", "not a code of a vaccine"),
        ("4006381333931", "not a code of a vaccine"),
        ("(01)123(10)A", "not a code of a vaccine"),
        ("x" * 300, "Nothing was scanned"),
        ("1725123110AB12", "not a code of a vaccine"),
        (f"01{GTIN}17259931", "not a code of a vaccine"),
        ("00106141412345678905", "check digit"),
    ],
)
def test_what_is_no_code_of_a_vaccine_is_refused_in_words(text, words):
    with pytest.raises(BadInput, match=words):
        read_scan(text)


def test_a_shipment_and_a_national_trace_code_are_known_as_such():
    assert read_scan("00106141412345678908").sscc == "106141412345678908"
    assert read_scan("81234567890123456789") == Scan(trace="81234567890123456789")
    carton = read_scan(f"02{GTIN}3719510AB12".replace("37195", "37195\x1d"))
    assert carton.count == 195
