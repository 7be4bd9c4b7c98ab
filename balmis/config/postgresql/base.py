"""Where the server binds parameters, a number too large for its column was kept modulo 2^16 or 2^32:
psycopg packs it into the column's bytes before the server sees it. Here it is an error instead."""

from typing import Any

from django.db import DataError
from django.db.backends.postgresql import base, operations


class DatabaseOperations(operations.DatabaseOperations):
    """The same, with a look at the range of whole numbers."""

    def adapt_integerfield_value(self, value: Any, internal_type: str) -> Any:
        """Raises DataError for a number that its column cannot hold."""
        if isinstance(value, int):
            low, high = self.integer_field_range(internal_type)
            if (low is not None and value < low) or (high is not None and value > high):
                raise DataError(f"{value} does not fit; it may be {low} to {high}")
        return super().adapt_integerfield_value(value, internal_type)


class DatabaseWrapper(base.DatabaseWrapper):
    """What `ENGINE` names."""

    ops_class = DatabaseOperations
