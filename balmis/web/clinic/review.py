"""What somebody at the site has to look at: two records of one dose, and steps that were refused."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.core.errors import NotAllowed
from balmis.core.roles import Act
from balmis.core.vocabulary.clinic import StepKind
from balmis.flows.clinic.doses_of_day import settle
from balmis.flows.clinic.rejected_steps import ReviewDose, open_at, resolve, review_dose
from balmis.web.clinic.forms import ResolveForm, ReviewForm, SettleForm
from balmis.web.clinic.script_messages import WORDS
from balmis.web.labels.clinic import FLAGS, words_of_check, words_of_reason
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.forms import Form
from balmis.web.shared.requests import actor_of, allowed, posted, site_of


@require_GET
@allowed(Act.CORRECT_DOSE)
def show(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    return _show(request, slug, site)


def _show(
    request: HttpRequest, slug: str, code: str, answer: Answer = DONE, sent: Form | None = None
) -> HttpResponse:
    """The page; `sent` is the form that could not be done, as it was sent."""
    site, campaign = site_of(slug, code), campaigns.campaign(slug)
    try:
        found = open_at(slug, code, actor=actor_of(request), now=datetime.now(UTC))
    except NotAllowed:
        raise PermissionDenied(Act.CORRECT_DOSE.value) from None
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "site": site,
        "answer": answer,
        "conflicts": [(c, SettleForm.of(c.pk, sent)) for c in found.conflicts],
        "steps": [
            (s, p, _kind(s.sent.get("kind", "")), ResolveForm.of(s.pk, sent))
            for s, p in found.steps
        ],
        "stops": [(s, p, by, words_of_reason(s.kind, s.reason)) for s, p, by in found.stops],
        "walk_ins": [
            (r, access.may(actor_of(request), Act.BOOK_FOR_OTHERS, area=r.area))
            for r in found.walk_ins
        ],
        "open": len(found.conflicts) + len(found.steps) + len(found.flagged) + len(found.walk_ins),
        "flagged": [
            (
                f.dose,
                [FLAGS[r] for r in f.reasons],
                f,
                [words_of_check(c) for c in f.checks],
                ReviewForm.of(f.dose.pk, sent),
            )
            for f in found.flagged
        ],
    }
    return render(request, "clinic/review.html", values, status=answer.status)


# what a device hands over beside steps
BESIDE = ("register", "note", "help")


def _kind(kind: object) -> object:
    """In words; one that this version does not know as it came."""
    known = {k: WORDS[f"step_{k}"] for k in (*(k.value for k in StepKind), *BESIDE)}
    return known.get(str(kind), str(kind))


def _act(
    request: HttpRequest, slug: str, site: str, form: Form, act: Callable[[], object]
) -> HttpResponse:
    site_of(slug, site)
    return run(
        act,
        form=form,
        again=lambda answer: _show(request, slug, site, answer, form),
        to=lambda: redirect("clinic-review", slug=slug, site=site),
    )


@posted("clinic-review")
@allowed(Act.CORRECT_DOSE)
def settle_one(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """One dose written down twice, or two doses."""
    form = SettleForm.sent(request.POST)

    def act() -> None:
        asked, actor = form.cleaned_data, actor_of(request)
        key, end, reason = asked["conflict"], asked["end"], asked["reason"]
        settle(key, end, reason, actor=actor, now=datetime.now(UTC))

    return _act(request, slug, site, form, act)


@posted("clinic-review")
@allowed(Act.CORRECT_DOSE)
def resolve_one(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """What was done about a step that was refused."""
    form = ResolveForm.sent(request.POST)

    def act() -> None:
        key, note = form.cleaned_data["step"], form.cleaned_data["note"]
        resolve(key, note, actor=actor_of(request), now=datetime.now(UTC))

    return _act(request, slug, site, form, act)


@posted("clinic-review")
@allowed(Act.CORRECT_DOSE)
def review_one(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """What was found about a dose that broke a rule."""
    form = ReviewForm.sent(request.POST)

    def act() -> None:
        key, note = form.cleaned_data["dose"], form.cleaned_data["note"]
        review_dose(
            ReviewDose(campaign=slug, site=site, dose_id=key, note=note),
            actor=actor_of(request),
            now=datetime.now(UTC),
        )

    return _act(request, slug, site, form, act)
