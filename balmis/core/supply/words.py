"""The words of goods. The values are stored: never change one, add a new one."""

from enum import StrEnum


class Level(StrEnum):
    """What a trade item's code is on."""

    VIAL = "vial"
    CARTON = "carton"
    SHIPPER = "shipper"
