"""Write requirements.txt and requirements-dev.txt: every version pinned and hashed, no host named."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMON = [
    sys.executable,
    "-m",
    "piptools",
    "compile",
    "--quiet",
    "--generate-hashes",
    "--strip-extras",
    "--allow-unsafe",
    "--no-emit-index-url",
    "--no-emit-trusted-host",
    "--no-emit-find-links",
    "--no-header",
    "--no-annotate",
    "--upgrade",
]


def lock() -> None:
    runtime, dev = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"
    subprocess.run([*COMMON, "-o", str(runtime), "pyproject.toml"], cwd=ROOT, check=True)
    subprocess.run(
        [*COMMON, "--extra", "dev", "-c", "requirements.txt", "-o", str(dev), "pyproject.toml"],
        cwd=ROOT,
        check=True,
    )
    for path in (runtime, dev):
        text = path.read_text()
        if "://" in text:
            sys.exit(f"{path.name} names a host")


if __name__ == "__main__":
    lock()
