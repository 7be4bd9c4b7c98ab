"""The reference campaigns and their schedules, as files."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def schedule_names() -> list[str]:
    return sorted(path.stem for path in (FOLDER / "schedules").glob("*.yaml"))


def schedule_text(name: str) -> str:
    """The text of a preset schedule. Raises FileNotFoundError."""
    return (FOLDER / "schedules" / f"{name}.yaml").read_text(encoding="utf-8")
