"""Format the SQL files with pgFormatter, or with `--check` only say which are not formatted.

pgFormatter is a program of its own (Debian: pgformatter); where it is missing, it is said so.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STYLE = [
    "--spaces=2",
    "--keyword-case=2",
    "--function-case=0",
    "--type-case=1",
    "--no-extra-line",
    "--wrap-limit=100",
]


def formatted(path: Path) -> str:
    done = subprocess.run(
        ["pg_format", *STYLE, str(path)], capture_output=True, text=True, check=True
    )
    return done.stdout.rstrip("\n") + "\n"


def main() -> None:
    if not shutil.which("pg_format"):
        print("SQL is not checked: pg_format (package pgformatter) is missing.")
        return
    paths = sorted((ROOT / "balmis").glob("contexts/*/sql/*.sql"))
    off = [p for p in paths if formatted(p) != p.read_text("utf-8")]
    if "--check" not in sys.argv:
        for path in off:
            path.write_text(formatted(path), "utf-8")
        return
    for path in off:
        print(f"{path.relative_to(ROOT)} is not formatted; run 'make format'")
    sys.exit(1 if off else 0)


if __name__ == "__main__":
    main()
