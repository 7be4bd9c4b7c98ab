"""What can be written down of a reaction at the seat, in the reader's language; kept with the page."""

from django.utils.translation import gettext

from balmis.core.safety.definitions import Finding, Sign
from balmis.core.vocabulary.safety import KnownEvent, SignStrength
from balmis.flows.safety.reactions import RANGES
from balmis.flows.safety.reference_data import definition
from balmis.web.labels import safety as words
from balmis.web.labels.formats import named


def reaction_chart() -> dict[str, object]:
    """Signs by body system as the case definition has them, vital signs with what is possible, treatments."""
    of = definition(KnownEvent.ANAPHYLAXIS)
    assert of is not None
    systems = []
    for code, names in of.systems.items():
        mine = [t for t in of.ticks if t.system == code]
        mine.sort(key=lambda t: not _is_major(t))
        ticks = [{"code": t.code, "name": named(t.name), "major": _is_major(t)} for t in mine]
        if ticks:
            systems.append({"name": named(names), "ticks": ticks})
    vitals = [
        {
            "code": k.value,
            "name": str(words.VITALS[k][0]),
            "unit": words.VITALS[k][1],
            "low": low,
            "high": high,
        }
        for k, (low, high) in RANGES.items()
    ]
    return {
        "systems": systems,
        "vitals": vitals,
        "treatment": [(t.value, str(w)) for t, w in words.TREATMENTS.items()],
        "impression": [(i.value, str(w)) for i, w in words.IMPRESSIONS.items()],
        "disposition": [(d.value, str(w)) for d, w in words.DISPOSITIONS.items()],
        "major": gettext("major"),
    }


def _is_major(tick: Finding | Sign) -> bool:
    return isinstance(tick, Sign) and tick.strength is SignStrength.MAJOR
