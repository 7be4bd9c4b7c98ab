"""Run commands one after the other in one process: what most of them cost is its start.

Lists of arguments come as JSON on standard input; the status, output and errors of each go out the same way.
"""

import json
import sys

from tests.programs import told_here


def run(arguments: list[str]) -> dict[str, object]:
    done = told_here(arguments)
    return {"status": done.returncode, "out": done.stdout, "err": done.stderr}


if __name__ == "__main__":
    json.dump([run(arguments) for arguments in json.load(sys.stdin)], sys.stdout)
