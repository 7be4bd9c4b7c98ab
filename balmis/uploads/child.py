"""The process that reads one file and ends: `python -m balmis.uploads.child READER OPTIONS`.

It gets the bytes, has little time and little memory, and no way to the database: nothing but what it
needs to read is imported, and the environment is empty.
"""

import os
import resource
import sys

import msgspec

from balmis.core.errors import BadInput
from balmis.uploads import limits

TOO_MUCH = msgspec.msgpack.encode({"problem": "", "fields": []})


def confine(seconds: int = limits.SECONDS) -> None:
    """Little time, little memory, nothing written; and everybody else comes first."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits.MEMORY, limits.MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(reader: str, options: str, data: bytes) -> bytes:
    """What was found, or the one problem, as the parent reads it."""
    from balmis.uploads.readers import READERS

    try:
        found = READERS[reader](data, **msgspec.json.decode(options))
        answer = msgspec.msgpack.encode({"found": found})
        return answer if len(answer) <= limits.ANSWER else TOO_MUCH
    except BadInput as problem:
        return msgspec.msgpack.encode({"problem": str(problem), "fields": list(problem.problems)})
    except (MemoryError, RecursionError):
        return TOO_MUCH


if __name__ == "__main__":
    confine()
    sys.stdout.buffer.write(run(sys.argv[1], sys.argv[2], sys.stdin.buffer.read()))
