"""The reference campaigns and their schedules, as files."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def schedule_names() -> list[str]:
    return sorted(path.stem for path in (FOLDER / "schedules").glob("*.yaml"))


def schedule_text(name: str) -> str:
    """The text of a preset schedule. Raises FileNotFoundError."""
    return (FOLDER / "schedules" / f"{name}.yaml").read_text(encoding="utf-8")


def clinic_names() -> list[str]:
    return sorted(path.stem for path in (FOLDER / "clinic").glob("*.yaml"))


def clinic_text(name: str) -> str:
    """The text of a preset of questionnaires and consent texts. Raises FileNotFoundError."""
    return (FOLDER / "clinic" / f"{name}.yaml").read_text(encoding="utf-8")


def stability_text() -> str:
    """What the products' data say of times that are too warm or too cold."""
    return (FOLDER / "coldchain" / "stability.yaml").read_text(encoding="utf-8")


def centre_names() -> list[str]:
    return sorted(path.stem for path in (FOLDER / "centres").glob("*.yaml"))


def centre_text(name: str) -> str:
    """The text of a preset centre. Raises FileNotFoundError."""
    return (FOLDER / "centres" / f"{name}.yaml").read_text(encoding="utf-8")


def scenario_names() -> list[str]:
    """Campaigns whose assumptions come along."""
    return sorted(path.stem for path in (FOLDER / "scenarios").glob("*.yaml"))


def scenario_text(name: str) -> str:
    """The text of a preset scenario. Raises FileNotFoundError."""
    return (FOLDER / "scenarios" / f"{name}.yaml").read_text(encoding="utf-8")


def places_names() -> list[str]:
    """Campaigns whose candidates for centres come along."""
    return sorted(path.stem for path in (FOLDER / "places").glob("*.yaml"))


def places_text(name: str) -> str:
    """The text of a preset list of candidates. Raises FileNotFoundError."""
    return (FOLDER / "places" / f"{name}.yaml").read_text(encoding="utf-8")


def safety_names() -> list[str]:
    return sorted(path.stem for path in (FOLDER / "safety").glob("*.yaml"))


def safety_text(name: str) -> str:
    """The text of a preset of events, case definitions and deadlines. Raises FileNotFoundError."""
    return (FOLDER / "safety" / f"{name}.yaml").read_text(encoding="utf-8")
