"""Loaded before everything else: names the settings; the database starts with the first test that needs it.

All workers of a run share one server, each with a database of its own. Whoever began the run stops the
server and removes its folder.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

MEMORY, ENOUGH = Path("/dev/shm"), 4 << 30


def _place() -> Path | None:
    """Memory that is a folder, where there is enough of it: every test copies a thousand files."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ENOUGH:
        return MEMORY
    return None


def prepare_home() -> None:
    """A folder for the embedded server, named to all workers; nothing is started."""
    if os.environ.get("DATABASE_URL") or "PYTEST_XDIST_WORKER" in os.environ:
        return  # a server was named, or the controller has named a folder
    home = Path(tempfile.mkdtemp(prefix="balmis-test-", dir=_place()))
    home.chmod(0o755)  # the server may run as another user
    os.environ["BALMIS_HOME"] = str(home)

    def end() -> None:
        if (home / "postgres").exists():
            from balmis.config import embedded

            embedded.stop()
        shutil.rmtree(home, ignore_errors=True)

    atexit.register(end)


def hide(folder: Path) -> None:
    """The modules in the folder are absent, here and in programs that a test starts."""
    before = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(folder) not in before:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), *before]))
    sys.path.insert(0, str(folder))


hide(Path(__file__).with_name("absent"))
os.environ.setdefault("BALMIS_SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ.setdefault("BALMIS_LOG", "ERROR")
os.environ.setdefault("BALMIS_SECOND_FACTOR", "none")  # tests/web/test_accounts.py asks for it
prepare_home()

os.environ["DJANGO_SETTINGS_MODULE"] = "balmis.config.settings"
import django  # noqa: E402
import pytest  # noqa: E402

django.setup()

from django.contrib.auth.hashers import PBKDF2PasswordHasher  # noqa: E402

PBKDF2PasswordHasher.iterations = 1  # a password of a test is worth no second of work


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.scheduling import ByFile

    return ByFile(config, log)
