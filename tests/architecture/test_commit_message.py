"""A commit can be read later: each rule is kept by a good message, and seen when it is broken."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.commit_message import FILES, SUBJECT, problems

GOOD = "Hold a lot at one site\n\nGoods that arrive at a site under an order were free until the next round.\n"
TOOL = Path(__file__).parents[2] / "tools" / "commit_message.py"


def test_a_good_message_is_let_through():
    assert problems(GOOD, FILES) == []
    assert problems("x" * SUBJECT + "\n\nWhy.\n", 1) == []


@pytest.mark.parametrize(
    ("text", "files", "said"),
    [
        ("", 1, "no subject"),
        ("\n\nOnly a body.\n", 1, "no subject"),
        ("x" * (SUBJECT + 1) + "\n\nWhy.\n", 1, "The subject has 73"),
        ("A subject\nand on it goes\n\nWhy.\n", 1, "second line"),
        ("A subject\n", 1, "no body"),
        ("A subject\n\n", 1, "no body"),
        ("A subject\n\n# Please enter the commit message\n", 1, "no body"),
        (GOOD, FILES + 1, "The commit has 16 files"),
        ("Moved: everything\n\nWhy.\n", FILES + 1, "The commit has 16 files"),
    ],
)
def test_what_is_wrong_is_said(text, files, said):
    found = problems(text, files)
    assert any(said in line for line in found), found


def test_a_body_below_the_scissors_is_none():
    text = "A subject\n\n# ------------------------ >8 ------------------------\ndiff --git a b\n"
    assert problems(text, 1) == ["There is no body: after an empty line, say why."]


def test_a_move_may_have_many_files_but_needs_its_body():
    assert problems("Move: the same words on every floor\n\nWhy.\n", 300) == []
    assert problems("Move: the same words on every floor\n", 300) != []


def test_what_a_rebase_will_fold_needs_no_body():
    assert problems("fixup! Hold a lot at one site\n", 40) == []


# ---- as git calls it ------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    names = ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment |= {f"GIT_{name}": "t@example.org" for name in names}
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=environment | {"GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "-q", "-b", "main")
    hook = tmp_path / ".git" / "hooks" / "commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{TOOL}" "$1"\n')
    hook.chmod(0o755)
    return tmp_path


def commit(folder: Path, files: int, *message: str) -> subprocess.CompletedProcess[str]:
    for n in range(files):
        (folder / f"{n}.txt").write_text("".join(message) + str(n))
    git(folder, "add", "-A")
    return git(folder, "commit", "-q", *(part for text in message for part in ("-m", text)))


def test_the_hook_stops_a_commit_and_lets_a_good_one_through(repository):
    stopped = commit(repository, 1, "No body")
    assert stopped.returncode == 1 and "There is no body" in stopped.stderr
    stopped = commit(repository, FILES + 1, "Too much", "At once.")
    assert stopped.returncode == 1 and f"{FILES + 1} files" in stopped.stderr
    assert commit(repository, FILES + 1, "Move: all of it", "Only moved.").returncode == 0
    assert commit(repository, FILES, "One thought", "And why.").returncode == 0


def test_a_merge_is_let_through(repository):
    commit(repository, 1, "Begin", "Why.")
    git(repository, "checkout", "-q", "-b", "other")
    (repository / "other.txt").write_text("x")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "Other", "-m", "Why.")
    git(repository, "checkout", "-q", "main")
    commit(repository, 2, "Go on", "Why.")
    assert git(repository, "merge", "-q", "--no-ff", "-m", "Merge other", "other").returncode == 0
