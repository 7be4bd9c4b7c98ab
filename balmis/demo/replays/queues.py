"""Who gets the next dose: people waiting in line, women and men apart.

A line holds positions into the population. People leave at the front; who gets a first
dose joins the line for the second, and so on. Sources publish counts only, so who it was
is an assumption: the first in line.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
EMPTY: Positions = np.zeros(0, dtype=np.int64)


class Line:
    """First in, first out; cheap for whole days at a time."""

    def __init__(self, waiting: Positions = EMPTY) -> None:
        self._parts: list[Positions] = [waiting] if waiting.size else []

    def __len__(self) -> int:
        return sum(part.size for part in self._parts)

    def join(self, people: Positions) -> None:
        if people.size:
            self._parts.append(people)

    def join_front(self, people: Positions) -> None:
        if people.size:
            self._parts.insert(0, people)

    def take(self, number: int) -> Positions:
        """Up to `number` people from the front."""
        taken: list[Positions] = []
        while number > 0 and self._parts:
            front = self._parts[0]
            taken.append(front[:number])
            if front.size <= number:
                self._parts.pop(0)
            else:
                self._parts[0] = front[number:]
            number -= taken[-1].size
        return np.concatenate(taken) if taken else EMPTY

    def take_last(self, number: int) -> Positions:
        """Up to `number` people from the back, the newest."""
        everyone = np.concatenate(self._parts) if self._parts else EMPTY
        cut = max(0, everyone.size - number)
        self._parts = [everyone[:cut]] if cut else []
        return everyone[cut:]


def take_from(lines: Iterable[Line], number: int) -> Positions:
    """From the first line, then, when it is empty, from the next."""
    taken = []
    for line in lines:
        got = line.take(number)
        taken.append(got)
        number -= got.size
    return np.concatenate(taken) if taken else EMPTY


def split_by_sex(
    wanted: Sequence[int], men: int, women_waiting: Sequence[int], men_waiting: Sequence[int]
) -> list[int]:
    """How many men among each of `wanted`, so that they are `men` together.

    Even shares where the lines allow it; as close as they allow where not.
    """
    total = sum(wanted)
    low = [max(0, n - w) for n, w in zip(wanted, women_waiting, strict=True)]
    high = [min(n, m) for n, m in zip(wanted, men_waiting, strict=True)]
    share = men / total if total else 0.0
    chosen = [
        min(max(round(n * share), lo), hi) for n, lo, hi in zip(wanted, low, high, strict=True)
    ]
    for i in range(len(wanted)):
        missing = men - sum(chosen)
        room = (high[i] - chosen[i]) if missing > 0 else (low[i] - chosen[i])
        chosen[i] += min(missing, room) if missing > 0 else max(missing, room)
    return chosen
