"""How are you, some days after the dose? What is asked, what leads to a call, and what a rate is worth.

Days 1, 3 and 7 (SmartVax asks on days 3 to 5, v-safe daily in the first week); day 14 and 42 where an
event of special interest was told of. Without answers from everyone a rate is given with both ends:
none, or all, of those who were silent had it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct

from balmis.core.confidence_limits import Interval, wilson
from balmis.core.vocabulary.safety import Care, Symptom

LATER = (14, 42)  # after an event of special interest

RED = frozenset({Symptom.BREATHING, Symptom.CHEST, Symptom.FAINT, Symptom.WEAKNESS, Symptom.VISION})
SOUGHT = (Care.DOCTOR, Care.EMERGENCY, Care.HOSPITAL)  # somebody calls


class Answer(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What someone said about a day."""

    well: bool
    symptoms: Annotated[tuple[str, ...], Meta(max_length=20)] = ()
    care: str = ""  # one of `Care`; empty: not said
    missed: bool = False  # work, school or the usual day
    words: Annotated[str, Meta(max_length=1000)] = ""


def red_flags(answer: Answer) -> tuple[str, ...]:
    """Why the person is called: signs that do not wait, or care that was sought."""
    found = [s for s in answer.symptoms if s in RED]
    if answer.care in SOUGHT:
        found.append(answer.care)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class AnswerRate:
    """Of those asked so many answered, and so many of them told of it."""

    asked: int
    answered: int
    told: int
    response: Interval
    among_answers: Interval
    least: float  # if none of the silent had it
    most: float  # if all of them had


def rate(asked: int, answered: int, told: int) -> AnswerRate:
    if not 0 <= told <= answered <= asked:
        raise ValueError(f"{told} of {answered} of {asked}")
    silent = asked - answered
    low, high = (told / asked, (told + silent) / asked) if asked else (0.0, 1.0)
    return AnswerRate(
        asked, answered, told, wilson(answered, asked), wilson(told, answered), low, high
    )


def counted(answers: Iterable[Answer]) -> Mapping[str, int]:
    """How many told of each symptom."""
    found: dict[str, int] = {s.value: 0 for s in Symptom}
    for answer in answers:
        for s in set(answer.symptoms) & found.keys():
            found[s] += 1
    return found
