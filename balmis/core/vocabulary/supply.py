"""The words of goods. The values are stored: never change one, add a new one."""

from enum import StrEnum


class Level(StrEnum):
    """What a trade item's code is on."""

    VIAL = "vial"
    CARTON = "carton"
    SHIPPER = "shipper"


class Account(StrEnum):
    """Where doses can be in the stock ledger. Only `site` is a place of ours."""

    SUPPLIER = "supplier"
    SITE = "site"
    TRANSIT = "transit"
    GIVEN = "given"
    WASTED = "wasted"
    ADJUSTED = "adjusted"  # found or lost at a count
    OVERFILL = "overfill"  # extra doses drawn from a vial


class MoveKind(StrEnum):
    RECEIPT = "receipt"
    RETURN = "return"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"
    DOSE = "dose"
    WASTAGE = "wastage"
    ADJUSTMENT = "adjustment"
    EXTRA_DRAWN = "extra_drawn"
    REVERSAL = "reversal"


class WastageReason(StrEnum):
    EXPIRED = "expired"
    OPEN_TOO_LONG = "open_too_long"
    BROKEN = "broken"
    TOO_WARM = "too_warm"
    FROZEN = "frozen"
    NOT_FULL = "not_full"  # fewer doses in the vial than labelled
    SUSPECT = "suspect"
    OTHER = "other"


class Storage(StrEnum):
    ULTRA_COLD = "ultra_cold"  # -90 to -60 °C
    FROZEN = "frozen"  # -25 to -15 °C
    REFRIGERATED = "refrigerated"  # 2 to 8 °C
