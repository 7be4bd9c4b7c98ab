"""What is shipped is looked at: a planted hole, licence and secret are found."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from tools import audit  # noqa: E402


def test_nothing_that_is_shipped_has_a_known_hole_an_unfit_licence_or_a_secret():
    parts = audit.pinned("requirements.txt")
    assert len(parts) > 40
    advisories = json.loads(audit.ADVISORIES.read_text())["advisories"]
    assert audit.known_holes(parts | audit.pinned("requirements-dev.txt"), advisories) == []
    assert audit.unfit_licences(parts) == []
    assert audit.secrets_in(audit.tracked()) == []


def test_a_version_with_a_known_hole_is_found():
    advisories = json.loads(audit.ADVISORIES.read_text())["advisories"]
    old = {"django": "5.2.3", "PyYAML": "5.3.1", "h11": "0.16.0"}
    found = audit.known_holes(old, advisories)
    assert [line.split(":")[0] for line in found] == ["django 5.2.3"] * 3 + ["PyYAML 5.3.1"]


def test_a_part_without_a_free_licence_is_found(monkeypatch):
    monkeypatch.setattr(audit, "licence_of", {"a": "MIT", "b": "Proprietary"}.__getitem__)
    assert audit.unfit_licences({"a": "1", "b": "1"}) == ["b: Proprietary"]


def test_secrets_are_found(tmp_path):
    planted = (
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "ghp_" + "a" * 36,
        "postgresql://balmis:" + "hunter22@db/balmis",
    )
    file = tmp_path / "settings.py"
    file.write_text("\n".join(["nothing", *planted]))
    assert len(audit.secrets_in([file])) == len(planted)
