"""How the kernel is compiled, and where the compiled code is kept.

Compiling takes half a minute, so the machine code is kept on disk. Numba notices a changed
file only for the functions that stand in it, not for those that call them: the folder is
therefore named after all sources of the kernel, and an old one is never read.
"""

import os
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba import config, types
from numba import njit as _njit
from numba.extending import intrinsic
from numba.np.arrayobj import make_array


def _folder() -> Path:
    sources = b"".join(p.read_bytes() for p in sorted(Path(__file__).parent.glob("*.py")))
    vocabulary = (
        Path(__file__).parents[2] / "vocabulary" / "schedule.py"
    )  # the bits of the findings
    digest = sha256(sources + vocabulary.read_bytes()).hexdigest()[:16]
    stated = os.environ.get("XDG_CACHE_HOME")
    base = Path(stated) if stated else Path("~/.cache").expanduser()
    for root in (base, Path(tempfile.gettempdir()) / f"balmis-{os.getuid()}"):
        folder = root / "balmis" / f"kernel-{digest}"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            continue
        if os.access(folder, os.W_OK) and folder.stat().st_uid == os.getuid():
            return folder
    return Path(tempfile.mkdtemp(prefix="balmis-kernel-"))


setattr(config, "CACHE_DIR", str(_folder()))  # noqa: B010 the module does not declare it


def njit(**options: Any) -> Callable[[Any], Any]:
    """Numba's `njit` with the kept machine code."""
    return _njit(cache=True, error_model="numpy", **options)  # type: ignore[no-any-return]


def _begin(_typing: Any, array: Any) -> Any:
    def code(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        view: Any = make_array
        return view(array)(context, builder, args[0]).data

    kind: Any = types.CPointer
    return kind(array.dtype)(array), code


# Where an array of 64-bit integers begins, to be read and written by position. An array is
# handed on as seven values, counted in memory that all threads share, and each position is
# first looked at for its sign: half of the kernel's time. Whoever asks keeps the array alive
# and answers for every position.
pointer: Any = intrinsic(_begin)
