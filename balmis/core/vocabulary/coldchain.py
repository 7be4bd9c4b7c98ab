"""The words of the cold chain. The values are stored: never change one, add a new one."""

from enum import StrEnum

from balmis.core.vocabulary.supply import Storage


class EquipmentKind(StrEnum):
    """Terms of WHO's PQS catalogue (categories E001, E003, E004)."""

    REFRIGERATOR = "refrigerator"
    FREEZER = "freezer"
    ULTRA_COLD_FREEZER = "ultra_cold_freezer"
    COLD_ROOM = "cold_room"
    FREEZER_ROOM = "freezer_room"
    COLD_BOX = "cold_box"

    @property
    def storage(self) -> Storage:
        """For which goods it is made."""
        return {
            EquipmentKind.FREEZER: Storage.FROZEN,
            EquipmentKind.FREEZER_ROOM: Storage.FROZEN,
            EquipmentKind.ULTRA_COLD_FREEZER: Storage.ULTRA_COLD,
        }.get(self, Storage.REFRIGERATED)


class Condition(StrEnum):
    WORKING = "working"
    BROKEN = "broken"
    RETIRED = "retired"


class Source(StrEnum):
    """Who read the temperature."""

    MANUAL = "manual"  # a person, twice a day
    LOGGER = "logger"  # a file of a data logger
    SENSOR = "sensor"  # sent by a device


class Side(StrEnum):
    """Of the range."""

    WARM = "warm"
    COLD = "cold"


class Ruling(StrEnum):
    """What was decided about an excursion, for all the lots concerned."""

    USE = "use"  # they may be given
    DISCARD = "discard"


class Advice(StrEnum):
    """What the product's data say of an excursion; the decision is a person's."""

    WITHIN = "within"  # of the time its data allow
    OVER = "over"  # of that time, or out of every range that its data allow
    FROZEN = "frozen"  # and freezing spoils it
    UNKNOWN = "unknown"  # no data: ask the manufacturer
