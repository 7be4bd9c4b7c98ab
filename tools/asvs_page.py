"""The page about OWASP ASVS, from its table."""

import csv
from collections import Counter, defaultdict
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "asvs.csv"
STATES = ("met", "part", "not", "na")
CHAPTERS = {
    "1": "Architecture and process",
    "2": "Authentication",
    "3": "Sessions",
    "4": "Access",
    "5": "Input and output",
    "6": "Cryptography at rest",
    "7": "Errors and logs",
    "8": "Data protection",
    "9": "Communication",
    "10": "Malicious code",
    "11": "Business logic",
    "12": "Files",
    "13": "API",
    "14": "Configuration",
}


def requirements() -> list[dict[str, str]]:
    with TABLE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def by_chapter() -> dict[str, Counter[str]]:
    """Chapter to how many requirements are in which state."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in requirements():
        found[row["requirement"].partition(".")[0]][row["state"]] += 1
    return found


def asvs_page(generated: str) -> str:
    counted = by_chapter()
    whole: Counter[str] = sum(counted.values(), Counter())
    lines = [
        generated,
        "# OWASP ASVS 4.0.3, level 2\n",
        "Requirement by requirement, with the evidence or what is missing: [asvs.csv](asvs.csv). Topics are in our own "
        "words; the sentences are [OWASP's](https://github.com/OWASP/ASVS). *met* has evidence in the code or a test, "
        "*part* says what is missing, *na* why it does not apply.\n",
        "| chapter | " + " | ".join(STATES) + " |",
        "|---|" + "---|" * len(STATES),
    ]
    for number, counts in counted.items():
        told = " | ".join(str(counts[state]) for state in STATES)
        lines.append(f"| V{number} {CHAPTERS[number]} | {told} |")
    lines.append("| **all** | " + " | ".join(f"**{whole[s]}**" for s in STATES) + " |\n")
    lines.append("## What is missing\n")
    lines += [
        f"- {row['requirement']} {row['topic']} ({row['state']}): {row['missing'] or row['evidence']}"
        for row in requirements()
        if row["state"] in ("part", "not")
    ]
    return "\n".join(lines) + "\n"
