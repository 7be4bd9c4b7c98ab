"""Loaded before everything else: starts the embedded PostgreSQL that Django's settings name.

All workers of a run share one server, each with a database of its own; the first worker
starts it and the last one to leave stops it and removes its folder.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Tests may lose their database with the machine: no waiting for the disk.
FAST = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
"""


def start_database() -> None:
    if os.environ.get("DATABASE_URL") or "PYTEST_XDIST_WORKER" in os.environ:
        return  # a server was named, or the controller started one and handed its address on
    home = Path(tempfile.mkdtemp(prefix="balmis-test-"))
    home.chmod(0o755)  # the server may run as another user
    os.environ["BALMIS_HOME"] = str(home)
    from balmis.config import embedded

    os.environ["DATABASE_URL"] = embedded.start(settings=embedded.SETTINGS + FAST)

    def end() -> None:
        embedded.stop()
        shutil.rmtree(home, ignore_errors=True)

    atexit.register(end)


os.environ.setdefault("BALMIS_SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ.setdefault("BALMIS_LOG", "ERROR")
start_database()

os.environ["DJANGO_SETTINGS_MODULE"] = "balmis.config.settings"
import django  # noqa: E402

django.setup()
