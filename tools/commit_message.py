"""Is this a commit that can be read later? For git's commit-msg hook.

Usage: python tools/commit_message.py FILE

A subject of at most 72 characters, a blank line, a body that says why, and at most 15 files unless the
subject starts with "Move:". A merge is let through, and what a rebase is going to fold into another commit.
"""

import subprocess
import sys
from pathlib import Path

SUBJECT, FILES = 72, 15
MOVE = "Move:"
FOLDED = ("fixup! ", "squash! ", "amend! ")
SCISSORS = "# ------------------------ >8 ------------------------"


def said(text: str) -> list[str]:
    """The lines of the message, without git's own remarks and what stands below its scissors."""
    lines = text.partition(SCISSORS)[0].splitlines()
    kept = [line.rstrip() for line in lines if not line.startswith("#")]
    while kept and not kept[-1]:
        kept.pop()
    return kept


def problems(text: str, files: int) -> list[str]:
    """What is wrong with the message of a commit of so many files, each with what to do."""
    lines = said(text)
    subject = lines[0] if lines else ""
    if subject.startswith(FOLDED):
        return []
    found = []
    if not subject:
        found.append("There is no subject: begin with a line that says what the change does.")
    if len(subject) > SUBJECT:
        found.append(f"The subject has {len(subject)} characters; say it in {SUBJECT}.")
    if len(lines) > 1 and lines[1]:
        found.append("Leave the second line empty.")
    if not any(lines[2:]):
        found.append("There is no body: after an empty line, say why.")
    if files > FILES and not subject.startswith(MOVE):
        found.append(
            f"The commit has {files} files; at most {FILES} are one thought. Part it, or, if nothing "
            f'but moving and renaming is in it, begin the subject with "{MOVE}".'
        )
    return found


def staged() -> int:
    """How many files the commit changes."""
    named = _git("diff", "--cached", "--name-only", "-z", "--find-renames")
    return named.count("\0")


def merging() -> bool:
    return Path(_git("rev-parse", "--git-path", "MERGE_HEAD").strip()).exists()


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout


def main() -> None:
    if merging():
        return
    found = problems(Path(sys.argv[1]).read_text(encoding="utf-8"), staged())
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
