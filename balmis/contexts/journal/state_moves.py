"""The tables of `core.states` as triggers: the database refuses a state that cannot follow."""

from collections.abc import Mapping
from typing import Any

import pgtrigger

REFUSE = """
IF (OLD.{field}, NEW.{field}) NOT IN ({pairs}) THEN
  RAISE EXCEPTION '{name}: % cannot become %', OLD.{field}, NEW.{field} USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""


def moves(
    name: str, allowed: Mapping[Any, frozenset[Any]], field: str = "status"
) -> pgtrigger.Trigger:
    """The trigger of a table whose `field` is a state."""
    pairs = ", ".join(f"('{b}', '{a}')" for b, ends in allowed.items() for a in sorted(ends))
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf(field),  # type: ignore[no-untyped-call]
        condition=pgtrigger.Condition(f"OLD.{field} IS DISTINCT FROM NEW.{field}"),
        func=REFUSE.format(field=field, pairs=pairs, name=name),
    )
