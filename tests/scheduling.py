"""Which tests one worker tells together, because they share what is dear: a browser, a server, compiled code.

Names of groups would do as well, but pytest-xdist 3.8 writes them where pytest 9.2 no longer reads them.
Groups come first, the largest before the others, and single tests fill up the end.
"""

from typing import ClassVar

from xdist.scheduler import LoadScopeScheduling


class ByFile(LoadScopeScheduling):
    """Every test for itself, but for those of some files."""

    TOGETHER: ClassVar = (
        "tests/stories/",
        "tests/stress/",
        "tests/replays/test_demo.py",
        "tests/agreement/test_desk_scripts.py",
        "tests/agreement/test_schedule.py",
    )

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.startswith(self.TOGETHER) else nodeid
