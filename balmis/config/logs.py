"""Logs as one JSON object a line: for machines first, readable by people."""

import json
import logging
from datetime import UTC, datetime

EXTRA = ("request_id", "path", "status", "ms", "actor", "queue", "job")


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in EXTRA if hasattr(record, name)}
        if record.exc_info and record.levelno >= logging.ERROR:  # what people may not is no fault
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
