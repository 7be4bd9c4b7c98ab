"""Run commands one after the other in one process: what most of them cost is its start.

Lists of arguments come as JSON on standard input; the status, output and errors of each go out the same way.
"""

import contextlib
import io
import json
import sys

from balmis.cli.main import main


def run(arguments: list[str]) -> dict[str, object]:
    out, err, status = io.StringIO(), io.StringIO(), 0
    sys.argv = ["balmis", *arguments]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
    return {"status": status, "out": out.getvalue(), "err": err.getvalue()}


if __name__ == "__main__":
    json.dump([run(arguments) for arguments in json.load(sys.stdin)], sys.stdout)
