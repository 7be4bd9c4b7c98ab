"""What differs between the figures of a closed day and those made now."""

from typing import Any

from balmis.core.reporting.report import Change

# sizes of the register and what follows from them: as of the closing, not restated
REGISTER = {"people", "covered_share", "completed_share"}
# figures that came with a later version (safety.week, doses.held) are not missing from what was frozen
GROWN = ("safety", "doses")
BY_REGISTER = ("by_area", "by_group")
IDENTITY = ("target", "code", "site", "product")


def changed_figures(frozen: Any, current: Any, where: str = "") -> list[Change]:
    """Every number that differs between two trees of plain values. What is missing is zero.

    It reads what is stored and not the report's structure: figures of other versions differ too.
    """
    if isinstance(frozen, list) or isinstance(current, list):
        return changed_figures(_keyed(frozen or []), _keyed(current or []), where)
    if isinstance(frozen, dict) or isinstance(current, dict):
        old, new = frozen or {}, current or {}
        by_register = where.startswith(BY_REGISTER)
        return [
            change
            for key in dict.fromkeys([*old, *new])
            if not (by_register and key in REGISTER)
            and not (where in GROWN and old and key not in old)
            for change in changed_figures(old.get(key), new.get(key), f"{where}.{key}".strip("."))
        ]
    if _is_number(frozen) or _is_number(current):
        old, new = frozen or 0, current or 0
        if old != new:
            difference = round(new - old, 6)
            return [Change(figure=where, frozen=frozen, now=current, difference=difference)]
    return []


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _keyed(rows: list[Any]) -> dict[str, Any]:
    """Rows by their code (or target, or site and product), so that they can be compared."""

    def key(i: int, row: Any) -> str:
        if not isinstance(row, dict):
            return str(i)
        return "/".join(str(row[k]) for k in IDENTITY if row.get(k) is not None) or str(i)

    return {key(i, row): row for i, row in enumerate(rows)}
