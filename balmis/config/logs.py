"""Logs as one JSON object a line: for machines first, readable by people."""

import json
import logging
import re
from datetime import UTC, datetime

EXTRA = ("request_id", "method", "route", "status", "ms", "actor", "queue", "job")
# of the database's words: whose values they are; a value may have several lines
VALUES = re.compile(
    r"^(DETAIL|CONTEXT|LINE \d+):.*?(?=\n[A-Z]+(?: \d+)?:|\n\n|\Z)", re.MULTILINE | re.DOTALL
)


def _message(record: logging.LogRecord) -> str:
    """Django's own lines end with the address, which may hold a token; ours have the route."""
    text = record.getMessage()
    return text.partition(":")[0] if record.name.startswith("django.") else text


class JsonLines(logging.Formatter):
    """Of a fault the place and the kind, never the values that the database tells of."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        line |= {name: getattr(record, name) for name in EXTRA if hasattr(record, name)}
        if record.exc_info and record.levelno >= logging.ERROR:  # what people may not is no fault
            line["error"] = VALUES.sub(r"\1: (left out)", self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)
