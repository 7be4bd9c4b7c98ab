"""Make `balmis` importable and runnable from the source tree, without a build step."""

import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = """#!{python}
import sys
from balmis.cli.main import main
sys.exit(main())
"""


def link() -> None:
    paths = sysconfig.get_paths()
    (Path(paths["purelib"]) / "balmis-source.pth").write_text(f"{ROOT}\n")
    script = Path(paths["scripts"]) / "balmis"
    script.write_text(SCRIPT.format(python=sys.executable))
    script.chmod(0o755)


if __name__ == "__main__":
    link()
