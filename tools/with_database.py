"""Run a command with a throw-away embedded database: `with_database.py COMMAND …`."""

import os
import subprocess
import sys
import tempfile


def run() -> int:
    with tempfile.TemporaryDirectory(prefix="balmis-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101  the server may run as another user
        os.environ["BALMIS_HOME"] = folder
        from balmis.config import embedded

        embedded.start()
        os.environ["DATABASE_URL"] = embedded.owner_url() or ""
        try:
            return subprocess.run(sys.argv[1:], check=False).returncode
        finally:
            embedded.stop()


if __name__ == "__main__":
    sys.exit(run())
