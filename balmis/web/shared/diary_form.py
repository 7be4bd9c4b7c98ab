"""The three questions of the diary, as a form sends them."""

from typing import Any

from django.utils.translation import gettext

from balmis.core.errors import BadInput
from balmis.core.safety.diary import Answer
from balmis.flows.safety import diary


def read_form(asked: Any) -> Answer:
    """What somebody ticked. Raises BadInput."""
    if asked.get("well") not in ("yes", "no"):
        raise BadInput(gettext("Say whether you are well."))
    well, symptoms, care = (
        asked["well"] == "yes",
        tuple(asked.getlist("symptom")),
        asked.get("care", ""),
    )
    if well and (symptoms or care not in ("", "none")):
        raise BadInput(
            gettext(
                "You said that you are well, and ticked something that is wrong. Which is right?"
            )
        )
    return diary.read_answer(
        Answer(
            well=well,
            symptoms=symptoms,
            care=care if not well else "",
            missed=asked.get("missed") == "yes",
            words=asked.get("words", "").replace("\x00", "").strip()[:1000],
        )
    )
