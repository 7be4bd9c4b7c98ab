"""Leave out counts so small that someone might know who they are."""

from collections.abc import Sequence

SMALL = 5  # counts of people below this are not published; zero is


def suppressed(count: int) -> int | None:
    """None for 1 to 4. Zero is zero."""
    return None if 0 < count < SMALL else count


def suppressed_parts(counts: Sequence[int]) -> list[int | None]:
    """The parts of a published whole, small ones left out, and, so that what is left out
    cannot be worked out from the whole, next larger ones too until what is missing adds up
    to at least SMALL in at least two parts.

    Source: the usual primary and complementary suppression of statistical offices
    (Hundepool et al., Statistical Disclosure Control, 2012, chapter 4).
    """
    shown = [suppressed(n) for n in counts]
    hidden = [n for n, s in zip(counts, shown, strict=True) if s is None]
    while hidden and (len(hidden) < 2 or sum(hidden) < SMALL):
        left = [(n, i) for i, n in enumerate(shown) if n]
        if not left:
            break
        n, i = min(left)
        shown[i] = None
        hidden.append(n)
    return shown
