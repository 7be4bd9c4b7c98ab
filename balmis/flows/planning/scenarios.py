"""The assumptions of a plan: those that come along, or those of a text."""

from balmis.core.errors import BadInput
from balmis.core.files.reader import read
from balmis.core.planning.allocation.scenario_file import FORMAT, Scenario, read_scenario
from balmis.presets import scenario_names, scenario_text


def scenario_of(slug: str, text: str | None = None) -> Scenario:
    """The assumptions of a text, or those that come along for the campaign. Raises BadInput."""
    if text is None:
        if slug not in scenario_names():
            raise BadInput(
                f"No assumptions come along for '{slug}': write a scenario file ({FORMAT}); those of "
                f"{', '.join(scenario_names())} are examples."
            )
        text = scenario_text(slug)
    document = read(text)
    found = None if document.problems else read_scenario(document)
    if found is None:
        raise BadInput(
            "The scenario file has problems; nothing was planned.",
            tuple(str(p) for p in document.problems),
        )
    return found
