"""One way to act on a page: read the form, call the flow, and say beside the form what stood against it.

The four kinds of error are told as the API tells them. Whatever else is raised is a fault of ours: it
is answered with 500, logged with its request id, and never called the person's mistake.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils.translation import gettext

from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.vocabulary.reasons import Refused
from balmis.web.labels.common import told
from balmis.web.labels.refusals import in_language


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that stood against it, and the id of the field that it is about, if it is about one."""

    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an act: nothing stood against it, or these problems did."""

    problems: tuple[Problem, ...] = ()
    status: int = 200

    def __bool__(self) -> bool:
        return not self.problems


DONE = Answer()
MISSING = ("case", "hold order")  # an act on what is not there has no page to go back to


def attempt(act: Callable[[], object], form: forms.Form | None = None) -> Answer:
    """Call `act` if the form could be read; what became of it. Raises PermissionDenied, Http404."""
    if form is not None and not form.is_valid():
        return unread(form)
    try:
        act()
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refusal as refusal:
        if refusal.reason is Refused.NOT_KNOWN and refusal.facts.get("what") in MISSING:
            raise Http404 from None
        return Answer((Problem(str(in_language(refusal))),), 409)
    except Conflict as problem:
        return Answer((Problem(gettext(str(problem))),), 409)
    except BadInput as problem:
        if form is None:
            return Answer((Problem(told(problem)),), 400)
        _tell(form, problem)
        return unread(form)
    return DONE


def run(
    act: Callable[[], object],
    *,
    form: forms.Form | None = None,
    again: Callable[[Answer], HttpResponse],
    to: Callable[[], HttpResponse],
) -> HttpResponse:
    """Do it and go on; or show the page again, with what stood against it."""
    answer = attempt(act, form)
    return to() if answer else again(answer)


def unread(form: forms.Form) -> Answer:
    """What the form itself says, in the order of its fields."""
    return Answer(tuple(_said(form)), 400)


def _said(form: forms.Form) -> Iterable[Problem]:
    for error in form.non_field_errors():
        yield Problem(str(error))
    for field in form:
        for error in field.errors:
            label = "" if field.is_hidden else _before(str(field.label))
            yield Problem(f"{label}{error}", "" if field.is_hidden else _where(field))


def _before(label: str) -> str:
    """'Lot: ', 'Are you well? '."""
    return f"{label} " if label.endswith(("?", "？")) else f"{label}: "


def _where(field: forms.BoundField) -> str:
    """The id of its control; of a group, that of the first choice."""
    return field.id_for_label or f"{field.auto_id}_0"


def _tell(form: forms.Form, problem: BadInput) -> None:
    """A flow's BadInput stands beside the fields that it names, else on top."""
    text = told(problem)
    named = [name for name in problem.problems if name in form.fields]
    for name in named:
        form.add_error(name, text)
    if not named:
        form.add_error(None, text)
