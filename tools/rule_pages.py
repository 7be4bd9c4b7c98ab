# ruff: noqa: E501 drawings are read by shape
"""One page for each rule of the schedule, with its examples drawn, from the specification tests."""

from collections.abc import Iterator
from datetime import date, timedelta
from xml.sax.saxutils import escape

import msgspec
import yaml

from tests.spec.example import Example, Rule
from tests.spec.rules import RULES

WIDTH, HEIGHT, LEFT, RIGHT, LINE = 760, 120, 30, 30, 64
COLOURS = {
    "valid": "#00695c",
    "not_valid": "#b3261e",
    "extraneous": "#5b6b70",
    "substandard": "#b3261e",
}
MARKS = {"valid": "✓", "not_valid": "✕", "extraneous": "+", "substandard": "!"}


def rule_pages(generated: str) -> dict[str, str]:
    """File name → text, for the folder `docs/reference/rules`."""
    pages = {"README.md": "\n".join(_index(generated)).rstrip() + "\n"}
    for rule in RULES:
        pages[f"{rule.name}.md"] = "\n".join(_page(rule, generated)).rstrip() + "\n"
        for n, example in enumerate(rule.examples, 1):
            pages[f"{rule.name}-{n}.svg"] = _drawn(example)
    return pages


def _index(generated: str) -> Iterator[str]:
    yield generated
    yield "# The schedule's rules, by example\n"
    yield (
        "Each page is written from the test that proves it. Durations, dates and keys are those of "
        "[the schedule file](../schedule-file.md); our choices where CDC's specification is silent are "
        "[readings](../../explanation/schedule-readings.md).\n"
    )
    for rule in RULES:
        yield f"- [{rule.title}]({rule.name}.md): {rule.text}"


def _page(rule: Rule, generated: str) -> Iterator[str]:
    yield generated
    yield f"# {rule.title}\n"
    yield rule.text + "\n"
    if rule.source:
        yield f"Source: {rule.source}.\n"
    yield "```yaml"
    told = {"series": [_bare(s) for s in rule.series]} | rule.also
    yield yaml.safe_dump(msgspec.to_builtins(told), sort_keys=False, width=100).rstrip()
    yield "```\n"
    for n, example in enumerate(rule.examples, 1):
        yield f"## {example.title}\n"
        yield f"![{escape(_words(example))}]({rule.name}-{n}.svg)\n"
        yield _words(example) + "\n"


def _bare(series: dict[str, object]) -> dict[str, object]:
    """The series without what every example repeats."""
    return {
        k: v for k, v in series.items() if k not in ("title", "antigen", "vaccine_group", "source")
    }


def _doses(example: Example) -> list[tuple[str, date, str, list[str]]]:
    found = []
    for text in example.doses:
        what, _, told = text.partition(": ")
        product, _, days = what.partition("@")
        status, *reasons = told.split()
        found.append((product, date.fromisoformat(days[:10]), status, reasons))
    return found


def _words(example: Example) -> str:
    """The example as a sentence, also for those who cannot see the drawing."""
    parts = [f"Born {example.born}, asked on {example.on}."]
    for product, day, status, reasons in _doses(example):
        note = f" ({', '.join(r.replace('_', ' ') for r in reasons)})" if reasons else ""
        parts.append(f"{product.capitalize()} on {day}: {status.replace('_', ' ')}{note}.")
    for code, on, until in example.observed:
        days = f" on {on}" if on else ""
        parts.append(f"Observed: {code}{days}{f' until {until}' if until else ''}.")
    if example.status != "not_complete":
        parts.append(f"The series is {example.status.replace('_', ' ')}.")
    else:
        parts.append(
            f"Next: earliest {example.earliest}, recommended {example.recommended}"
            + (f", past due after {example.past_due}" if example.past_due else "")
            + "."
        )
    if example.products is not None:
        parts.append(f"Named: {', '.join(p.capitalize() for p in example.products) or 'none'}.")
    return " ".join(parts)


def _drawn(example: Example) -> str:
    """A line of time with the doses, the day asked about and the next dose's days."""
    doses = _doses(example)
    days = [day for _, day, _, _ in doses] + [example.on]
    days += [day for day in (example.earliest, example.recommended, example.past_due) if day]
    near = [day for day in days if day > example.on - timedelta(days=4000)]
    first, last = min(near), max(near)
    span = max((last - first).days, 30)

    def x(day: date) -> float:
        return round(
            LEFT + 20 + (max((day - first).days, 0)) / span * (WIDTH - LEFT - RIGHT - 40), 1
        )

    body = [
        f'<line x1="{LEFT}" y1="{LINE}" x2="{WIDTH - RIGHT}" y2="{LINE}" stroke="#8a979b" stroke-width="2"/>',
        f'<line x1="{x(example.on)}" y1="{LINE - 26}" x2="{x(example.on)}" y2="{LINE + 12}" stroke="#5b6b70" stroke-dasharray="4 3"/>',
        f'<text x="{x(example.on)}" y="{LINE - 32}" text-anchor="middle" fill="#5b6b70">asked</text>',
    ]
    if example.status == "not_complete" and example.earliest:
        end = example.past_due or last + timedelta(days=span // 12 + 1)
        left, right = x(example.earliest), min(x(end), WIDTH - RIGHT)
        body.append(
            f'<rect x="{left}" y="{LINE - 5}" width="{max(right - left, 4):.1f}" height="10" rx="4" fill="#8fd3c8"/>'
        )
        body.append(
            f'<text x="{left}" y="{LINE + 46}" text-anchor="middle" fill="#00695c">next from {example.earliest}</text>'
        )
    for n, (product, day, status, _) in enumerate(doses):
        at = x(day)
        body.append(f'<circle cx="{at}" cy="{LINE}" r="11" fill="{COLOURS[status]}"/>')
        body.append(
            f'<text x="{at}" y="{LINE + 5}" text-anchor="middle" fill="#fff" font-weight="700">{MARKS[status]}</text>'
        )
        body.append(
            f'<text x="{at}" y="{LINE - 16 - 14 * (n % 2)}" text-anchor="middle" fill="#1b2528">{product.capitalize()}</text>'
        )
        body.append(
            f'<text x="{at}" y="{LINE + 28}" text-anchor="middle" fill="#5b6b70">{day}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" font-family="system-ui, sans-serif" font-size="13"><title>{escape(_words(example))}</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>' + "".join(body) + "</svg>\n"
    )
