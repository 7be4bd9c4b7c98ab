"""The words of the cold chain's pages."""

from django.utils.translation import gettext_lazy as _

from balmis.core.vocabulary.coldchain import (
    Advice,
    Condition,
    EquipmentKind,
    Ruling,
    Side,
    Source,
)
from balmis.flows.coldchain.equipment import Look

EQUIPMENT = {
    EquipmentKind.REFRIGERATOR: _("Refrigerator (2 to 8 °C)"),
    EquipmentKind.FREEZER: _("Freezer (-25 to -15 °C)"),
    EquipmentKind.ULTRA_COLD_FREEZER: _("Ultra-cold freezer (-90 to -60 °C)"),
    EquipmentKind.COLD_ROOM: _("Cold room (2 to 8 °C)"),
    EquipmentKind.FREEZER_ROOM: _("Freezer room (-25 to -15 °C)"),
    EquipmentKind.COLD_BOX: _("Cold box (2 to 8 °C)"),
}
CONDITIONS = {
    Condition.WORKING: _("works"),
    Condition.BROKEN: _("broken"),
    Condition.RETIRED: _("no longer in use"),
}
SOURCES = {
    Source.MANUAL: _("by hand"),
    Source.LOGGER: _("data logger"),
    Source.SENSOR: _("sensor"),
}
SIDES = {Side.WARM: _("too warm"), Side.COLD: _("too cold")}
RULINGS = {Ruling.USE: _("may be used"), Ruling.DISCARD: _("must be discarded")}
# the mark of the page, and its word
LOOKUPS = {
    Look.BROKEN: ("bad", _("broken")),
    Look.WARM: ("bad", _("too warm")),
    Look.COLD: ("bad", _("too cold")),
    Look.SILENT: ("warn", _("no reading for too long")),
    Look.DUE: ("warn", _("qualification is over")),
    Look.FINE: ("good", _("in range")),
}
ADVICE = {
    Advice.WITHIN: ("good", _("within what its data allow")),
    Advice.OVER: ("bad", _("more than its data allow")),
    Advice.FROZEN: ("bad", _("may have frozen, which spoils it")),
    Advice.UNKNOWN: ("warn", _("no data: ask the manufacturer")),
}
