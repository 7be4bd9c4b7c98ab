"""A list of people as it is read with what was said of it, and the page of what it would do."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people import queries as people
from balmis.core.files.book import Book
from balmis.core.files.line_list import RowProblem
from balmis.core.written_forms import fold
from balmis.flows.people import list_files
from balmis.flows.people.import_people import BadRows, Taken
from balmis.uploads import apart
from balmis.web.labels.formats import row_problem
from balmis.web.labels.people import COLUMNS
from balmis.web.registrar.list_forms import ReadForm, WordForm
from balmis.web.registrar.person_facts import groups_of
from balmis.web.shared.acting import Answer, attempt
from balmis.web.shared.person_form import areas_of
from balmis.web.shared.requests import actor_of

SHOWN = 100  # rows of a kind that a page shows
WORDS = 50  # of a list, without a group, that a page asks for


def frame(slug: str) -> dict[str, object]:
    campaign = campaigns.campaign(slug)
    return {"campaign": campaign, "plan": campaigns.latest_plan(campaign.pk)}


def _read_form(
    slug: str, sent: QueryDict | None, book: Book, headings: Iterable[str] = ()
) -> ReadForm:
    campaign = campaigns.campaign(slug)
    registers = [r.code for r in people.registers() if not (r.provisional or r.synthetic)]
    return ReadForm(
        sent,
        areas=areas_of(campaign),
        registers=registers,
        headings=[*dict.fromkeys(h for h in headings if h)],
        book=book,
    )


class ListLook:
    """A list as it is read with what was said of it."""

    def __init__(
        self, request: HttpRequest, slug: str, kept: list_files.Kept, sent: QueryDict
    ) -> None:
        self.request, self.slug, self.kept = request, slug, kept
        self.found: Taken | None = None
        self.taken: Taken | None = None
        self.said = said_of(sent)
        self.book = Book([])
        self.answer = attempt(self._open)
        self.form = _read_form(slug, self.said if "register" in sent else None, self.book)
        if self.answer:
            self.answer = attempt(self._read, self.form)

    def _open(self) -> None:
        self.book = apart.read_book(self.kept.content)

    def _read(self) -> None:
        """What is sent is taken in, or looked at by its address: it is not looked at before."""
        if self.request.method == "POST":
            return
        said = self.wanted()
        actor, now = actor_of(self.request), datetime.now(UTC)
        self._show(
            list_files.look_at_list(self.slug, self.kept, self.book, said, actor=actor, now=now)
        )

    def _show(self, found: Taken) -> None:
        self.found = found
        headings = [h for h in found.found.headings if h]
        self.form = _read_form(self.slug, self.form.sent, self.book, headings)
        self.form.is_valid()

    def query(self) -> str:
        """What was said, as the page's own form says it."""
        return said_of(self.form.sent).urlencode()

    def is_as_seen(self) -> bool:
        """Is it taken in as it was looked at? Who has chosen otherwise since looks again first."""
        sent = self.request.POST
        return "take" in sent and sent.get("seen", self.query()) == self.query()

    def wanted(self) -> list_files.Wanted:
        return replace(self.form.wanted(), good_rows="good_rows" in self.request.POST)

    def words(self, found: Taken) -> list[tuple[str, int, WordForm]]:
        """Words that the plan does not know, and those that somebody decided; how many rows have each."""
        read, groups = found.people.words, groups_of(self.slug)
        said = {fold(word): group for word, group in self.form.words().items()}
        counted = [*read.unknown.most_common(WORDS), *read.decided.most_common()]
        return [
            (word, rows, WordForm(n, word, said.get(fold(word)), groups))
            for n, (word, rows) in enumerate(counted)
        ]

    def take(self) -> Answer:
        actor, now = actor_of(self.request), datetime.now(UTC)

        def act() -> None:
            try:
                self.taken = list_files.take_list(
                    self.slug, self.kept, self.book, self.wanted(), actor=actor, now=now
                )
            except BadRows as bad:
                self._show(bad.taken)
                raise

        return attempt(act, self.form)

    def page(self) -> HttpResponse:
        found = self.found
        values = frame(self.slug) | {
            "kept": self.kept,
            "form": self.form,
            "answer": self.answer,
            "found": found,
            "query": self.query(),
        }
        if found is not None:
            values |= _shown(found)
            values["words"] = self.words(found)
        return render(self.request, "registrar/list.html", values, status=self.answer.status)


def said_of(sent: QueryDict) -> QueryDict:
    """What was said of how a list is read, in one order, without the rest of what a page sends."""
    said, values = QueryDict(mutable=True), dict(sent.lists())
    for name in sorted(values.keys() - {*PRESSED, *TABLE}):
        if any(values[name]):
            said.setlist(name, values[name])
    table = (values.get(name, []) for name in TABLE)
    decided = [pair for pair in zip(*table, strict=False) if all(pair)]
    for word, group in sorted(decided):
        said.appendlist("word", word)
        said.appendlist("means", group)
    return said


TABLE = ("word", "means")  # of words and their groups
PRESSED = ("csrfmiddlewaretoken", "take", "look", "seen", "good_rows")


def _shown(found: Taken) -> dict[str, object]:
    """The rows of each kind, in words."""
    return {
        "good": found.rows - found.counts.refused,
        "problems": [told(p) for p in found.problems[:SHOWN]],
        "doubts": [told(p) for p in found.people.doubts[:SHOWN]],
        "changes": [
            (found.names[c.person], c.row, differences(c.before, c.after), c.status)
            for c in found.changes[:SHOWN]
        ],
        "columns": [
            (COLUMNS[name], " + ".join(found.found.headings[n] for n in at))
            for name, at in found.found.columns.items()
        ],
        "more_problems": max(0, len(found.problems) - SHOWN),
        "more_words": max(0, len(found.people.words.unknown) - WORDS),
    }


def told(problem: RowProblem) -> tuple[int, str, str, str]:
    column = COLUMNS.get(problem.column)
    return problem.row, str(column or problem.column), problem.value, row_problem(problem)


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What changes: its name, what was, what is to be."""
    shown = []
    for name, new in after.items():
        if name == "born_precision":
            continue
        old = before[name]
        if name == "traits":
            old, new = "", ", ".join(w.partition(":")[2] for w in new)
        shown.append((str(COLUMNS.get(name, name)), str(old or "–"), str(new or "–")))
    return shown
