"""Two cases are found to be one event, or were one by mistake. In the caller's transaction, both locked."""

from datetime import date, datetime
from typing import Any

from balmis.contexts.safety.models import Case, CaseNote
from balmis.core.states import CASE, check_move
from balmis.core.vocabulary.safety import CaseNoteKind, CaseStatus, EventEnd, Serious

KEPT = (
    "why_serious",
    "onset_on",
    "noticed_at",
    "received_at",
    "end",
    "dose_id",
    "person_id",
)  # what a merge may change


def merge(case: Case, into: Case) -> dict[str, Any]:
    """One event told of twice; nothing of the other is lost. Returns what is needed to part them again.
    Raises Conflict."""
    check_move(CASE, CaseStatus(case.status), CaseStatus.MERGED)
    undo = {"status": case.status, "was": _plain(into)}
    case.status, case.merged_into = CaseStatus.MERGED.value, into
    case.version += 1
    case.save()
    why = {*into.why_serious, *case.why_serious}
    into.why_serious = [w.value for w in Serious if w.value in why]
    into.onset_on = min(into.onset_on, case.onset_on)
    into.noticed_at = min(into.noticed_at, case.noticed_at)
    into.received_at = min(into.received_at, case.received_at)
    if case.end == EventEnd.DIED:
        into.end = EventEnd.DIED.value
    into.dose_id = into.dose_id or case.dose_id
    into.person_id = into.person_id or case.person_id
    into.version += 1
    into.save()
    return undo | {"then": _plain(into)}


def _plain(case: Case) -> dict[str, Any]:
    values = {name: getattr(case, name) for name in KEPT}
    return {k: v.isoformat() if isinstance(v, date | datetime) else v for k, v in values.items()}


def gives_back(case: Case) -> int | None:
    """The case that this one is merged into, if it would give back the dose that it has from it."""
    other = case.merged_into
    if other is None:
        return None
    undo = CaseNote.objects.filter(case=case, kind=CaseNoteKind.MERGED.value).latest("pk").facts
    borrowed = undo["was"]["dose_id"] is None and other.dose_id == undo["then"]["dose_id"]
    return other.pk if borrowed else None


def unmerge(case: Case) -> Case:
    """They were two events; returns the other. Each is as it was before, but for what somebody changed
    since."""
    other = case.merged_into
    assert other is not None
    undo = CaseNote.objects.filter(case=case, kind=CaseNoteKind.MERGED.value).latest("pk").facts
    to = CaseStatus(undo["status"])
    check_move(CASE, CaseStatus(case.status), to)
    now = _plain(other)
    for name, was in undo["was"].items():
        if now[name] == undo["then"][name]:
            setattr(other, name, _read(name, was))
    other.version += 1
    other.save()  # first: it gives back the dose that it had from the case
    case.status, case.merged_into = to.value, None
    case.version += 1
    case.save()
    return other


def _read(name: str, value: Any) -> Any:
    if name == "onset_on":
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if name in ("noticed_at", "received_at") else value
