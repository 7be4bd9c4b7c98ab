"""Reference pages that are read from the program's source: settings, audit actions, topics, reasons."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from balmis.core.vocabulary.clinic import DoseFlag
from balmis.core.vocabulary.reasons import Refused
from tools.code_reading import Written, audited, modules, named, published, refused, variables


def code_pages(generated: str) -> dict[str, str]:
    """File name → text, for the folder `docs/reference`."""
    made = {
        "settings.md": settings_page(),
        "audit-actions.md": audit_page(),
        "outbox-topics.md": topic_page(),
        "reasons.md": reason_page(),
    }
    return {name: "\n".join([generated, *lines]).rstrip() + "\n" for name, lines in made.items()}


# ---- settings ----------------------------------------------------------------------------------


def unexplained(read: Iterable[str], explained: Iterable[str]) -> list[str]:
    """Variables that are read and have no row, and rows of variables that nothing reads."""
    read, explained = set(read), set(explained)
    return [
        f"{name or 'a name that is worked out'} has no row" for name in sorted(read - explained)
    ] + [f"{name} is not read" for name in sorted(explained - read)]


def variables_read() -> set[str]:
    return {v.name for module in modules() for v in variables(module.tree)}


def settings_page() -> Iterator[str]:
    from balmis.config.settings_table import SETTINGS

    yield "# Settings\n"
    yield (
        "Everything that differs between places comes from the environment. The words stand in "
        "`balmis/config/settings_table.py`. Secrets belong into the environment of the process, "
        "never into a file of the repository.\n"
    )
    for title, rows in SETTINGS.items():
        yield f"## {title}\n"
        yield "| variable | when not set | meaning |\n|---|---|---|"
        for row in rows:
            yield f"| `{row.name}` | {row.default} | {row.meaning} |"
        yield ""


# ---- the audit trail ---------------------------------------------------------------------------


def endings() -> dict[str, Iterable[str]]:
    """Actions whose last word is of a vocabulary, with the words that the flow lets through."""
    from balmis.core.vocabulary.clinic import StepKind
    from balmis.core.vocabulary.safety import HoldStatus, IncidentStatus, NoteKind, SignalStatus
    from balmis.core.vocabulary.supply import MoveKind
    from balmis.flows.safety import cases

    return {
        "visit.": _values(StepKind),
        "reaction.": _values(NoteKind),
        "incident.": _values(IncidentStatus),
        "signal.": _values(SignalStatus),
        "hold_order.": _values(HoldStatus),
        "stock.": _values(MoveKind),
        "case.": [*cases.STEPS, *cases.NOTED],
    }


def _values(kind: type[StrEnum]) -> list[str]:
    return [word.value for word in kind]


def audit_page() -> Iterator[str]:
    found = [w for module in modules() for w in audited(module)]
    words = endings()
    yield "# Audit actions\n"
    yield (
        "Every change, and every look at a person that is logged, leaves a row in `ledger_auditentry`: "
        "who (`actor`), `action`, `subject` (`kind:id`), `reason`, `request_id` and `facts`. The row is "
        "written in the transaction of the change, and no row is ever changed. Where an action ends in a "
        "word of a vocabulary, the words that can stand there follow below.\n"
    )
    yield "| action | subject | facts | written by |\n|---|---|---|---|"
    for (word, about), rows in _by_action(found).items():
        yield f"| `{_plain(word)}` | {_code(about)} | {_facts(rows)} | {_by(rows)} |"
    yield "\n## Last words\n\n| action | words |\n|---|---|"
    for word in sorted({w.word for w in found if "{" in w.word}):
        yield f"| `{_plain(word)}` | {', '.join(f'`{w}`' for w in words[_stem(word)])} |"


def _by_action(found: Iterable[Written]) -> dict[tuple[str, str], list[Written]]:
    rows: dict[tuple[str, str], list[Written]] = {}
    for one in sorted(found, key=lambda w: (w.word, w.about, w.module)):
        rows.setdefault((one.word, one.about), []).append(one)
    return rows


def _stem(word: str) -> str:
    """'visit.' of 'visit.{sent.kind}'."""
    return word.partition("{")[0]


def _plain(word: str) -> str:
    """'visit.…' of 'visit.{sent.kind}'."""
    return f"{_stem(word)}…" if "{" in word else word


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _facts(rows: Iterable[Written]) -> str:
    return ", ".join(f"`{f}`" for f in dict.fromkeys(f for w in rows for f in w.facts))


def _by(rows: Iterable[Written]) -> str:
    names = dict.fromkeys(w.module.removeprefix("balmis.") for w in rows)
    return ", ".join(f"`{name}`" for name in names)


# ---- the outbox --------------------------------------------------------------------------------


def topic_page() -> Iterator[str]:
    from balmis.contexts.journal.outbox import CONSUMERS

    found = [w for module in modules() for w in published(module)]
    yield "# Outbox topics\n"
    yield (
        "A message is written with the fact that it tells of, and has one delivery for each consumer of "
        "its topic: see [the outbox](../explanation/outbox.md). Payloads hold ids, never what a person is "
        "called. A topic's meaning never changes; another meaning is another topic, `….v2`.\n"
    )
    yield "| topic | payload | consumers | published by |\n|---|---|---|---|"
    for topic, consumers in sorted(CONSUMERS.items()):
        rows = [w for w in found if w.word == topic]
        yield f"| `{topic}` | {_facts(rows)} | {', '.join(f'`{c}`' for c in consumers)} | {_by(rows)} |"
    yield "\n## Consumers\n\n| consumer | takes it | what it does |\n|---|---|---|"
    yield (
        "| `tallies` | `contexts.reporting.services.take_messages` | counts the days that the doses "
        "touch anew; the same message twice leaves the same counts |"
    )
    yield (
        "| `eligibility` | `flows.eligibility.renew_people.renew_people` | works out anew what the person may "
        "have next, where a campaign keeps an answer; what a run of everyone has seen is left out |"
    )


# ---- reasons -----------------------------------------------------------------------------------


def reason_page() -> Iterator[str]:
    from balmis.core.refusal_texts import REASONS
    from balmis.web.labels.clinic import FLAGS

    refusals = refused_anywhere()
    yield "# Reasons\n"
    yield (
        "A refusal names a reason. Its code is stable, its words are translated. The API answers with RFC "
        "9457 problem details whose `reason` is the code; the gate likewise; pages show the words; the "
        "command line shows them and exits with 3. A step that a desk sends is answered "
        "in its own row, with `state` `refused` and the reason, and the whole answer is 200.\n"
    )
    yield "## Refusals\n\n| reason | API | gate | words |\n|---|---|---|---|"
    for reason in Refused:
        if reason.name in refusals:
            api, gate = _statuses(reason)
            yield f"| `{reason}` | {api} | {gate} | {REASONS[reason]} |"
    yield "\n## Beside a field\n"
    yield "Refused by a form before anything is asked of a flow; the page shows the words at the field.\n"
    yield "| reason | words |\n|---|---|"
    for reason in Refused:
        if reason.name not in refusals:
            yield f"| `{reason}` | {REASONS[reason]} |"
    yield "\n## Flags\n"
    yield "No refusals: the dose was recorded all the same, and is put up for review.\n"
    yield "| flag | words |\n|---|---|"
    yield from (f"| `{flag}` | {FLAGS[flag]} |" for flag in DoseFlag)


def refused_anywhere() -> set[str]:
    """Names of the reasons with which some flow, rule or the database's booking functions refuse."""
    from balmis.core.booking.take_codes import REFUSALS

    found = {reason.name for reason in REFUSALS.values()}
    return found.union(*(refused(module.tree) for module in modules()))


def _statuses(reason: Refused) -> tuple[int, str]:
    from balmis.api.v1 import STATUS
    from balmis.gate.answers import STATUS as AT_GATE

    of_gate = {
        name
        for module in modules()
        if module.name.startswith(("balmis.gate", "balmis.core.booking"))
        for name in named(module.tree)
    }
    return STATUS.get(reason, 422), str(AT_GATE.get(reason, 409)) if reason.name in of_gate else ""
