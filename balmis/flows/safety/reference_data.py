"""Events, case definitions and deadlines in use, as versioned data."""

from functools import lru_cache

from balmis.core.errors import BadInput
from balmis.core.files.reader import read
from balmis.core.files.shapes import shape
from balmis.core.safety.catalogue import Event, Jurisdiction, SafetyFile, jurisdiction_for
from balmis.core.safety.definitions import Definition
from balmis.core.vocabulary.safety import KnownEvent
from balmis.presets import safety_names, safety_text

FORMAT = "balmis-safety/1"


@lru_cache
def safety_file() -> SafetyFile:
    """All that come with the program, together."""
    found = SafetyFile(format=FORMAT, version="")
    for name in safety_names():
        document = read(safety_text(name))
        one = shape(document, SafetyFile, name=FORMAT, what="safety file")
        assert one is not None, [str(p) for p in document.problems]
        found = SafetyFile(
            format=FORMAT,
            version=max(found.version, one.version),
            events=found.events + one.events,
            definitions=found.definitions + one.definitions,
            jurisdictions=found.jurisdictions + one.jurisdictions,
            delay=found.delay or one.delay,
            delay_source=found.delay_source or one.delay_source,
        )
    return found


SUMS = (
    KnownEvent.ANY_REPORT,
    KnownEvent.ANY_SERIOUS,
)  # watched lot by lot; no event that a report names


@lru_cache
def events() -> dict[str, Event]:
    """What a report can name."""
    return {e.code: e for e in safety_file().events if e.code not in SUMS}


def event(code: str) -> Event:
    """Any that is watched. Raises BadInput for one that there is not."""
    for found in safety_file().events:
        if found.code == code:
            return found
    raise BadInput(f"There is no event {code[:40]!r}.")


def definition(code: str, version: str = "") -> Definition | None:
    """The newest of an event, or the one with this version."""
    found = [d for d in safety_file().definitions if d.event == code and version in ("", d.version)]
    return max(found, key=lambda d: d.version, default=None)


def jurisdiction(area_path: str) -> Jurisdiction:
    return jurisdiction_for(safety_file().jurisdictions, area_path)
