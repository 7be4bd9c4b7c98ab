"""What the desk writes down of somebody: their groups, and who they are by a document."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people import queries as people
from balmis.core.roles import Act
from balmis.core.vocabulary.people import Sex
from balmis.flows.people import person_facts
from balmis.flows.people.person_details import KeepDetails, keep_details
from balmis.web.registrar.desk import seen_person, show_person
from balmis.web.registrar.forms import CorrectForm, DetailsForm, EndTraitForm, GroupForm
from balmis.web.registrar.person_facts import groups_of
from balmis.web.shared.acting import DONE, Answer, attempt, run
from balmis.web.shared.requests import actor_of, allowed


@require_POST
@allowed(Act.BOOK_FOR_OTHERS)
def group(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """The person is of a group of the plan."""
    form = GroupForm(request.POST, groups=groups_of(slug))

    def act() -> None:
        chosen, actor, now = form.cleaned_data["group"], actor_of(request), datetime.now(UTC)
        person_facts.note_group(slug, key, chosen, actor=actor, now=now)

    return run(
        act,
        form=form,
        again=lambda answer: show_person(request, slug, key, answer),
        to=lambda: redirect("registrar-person", slug=slug, key=key),
    )


@require_POST
@allowed(Act.BOOK_FOR_OTHERS)
def end_trait(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """What is noted is not so."""
    form = EndTraitForm(request.POST)

    def act() -> None:
        trait, why = form.cleaned_data["trait"], form.cleaned_data["why"]
        person_facts.end_trait(
            slug, key, trait, why, actor=actor_of(request), now=datetime.now(UTC)
        )

    return run(
        act,
        form=form,
        again=lambda answer: show_person(request, slug, key, answer),
        to=lambda: redirect("registrar-person", slug=slug, key=key),
    )


@require_POST
@allowed(Act.BOOK_FOR_OTHERS)
def details(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Address and guardian are as they are told."""
    form = DetailsForm(request.POST, name="details")

    def act() -> None:
        cmd = KeepDetails(campaign=slug, person=key, **form.cleaned_data)
        keep_details(cmd, actor=actor_of(request), now=datetime.now(UTC))

    return run(
        act,
        form=form,
        again=lambda answer: show_person(request, slug, key, answer, details=form),
        to=lambda: redirect("registrar-person", slug=slug, key=key),
    )


@require_http_methods(["GET", "POST"])
@allowed(Act.BOOK_FOR_OTHERS)
def correct(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Name, birthday, sex and number by a document; what was known is kept and shown."""
    seen = seen_person(request, slug, key)
    person = seen.person
    if request.method == "GET":
        form = CorrectForm(
            initial={
                "name": person.name,
                "romanised_name": person.romanised_name,
                "born": str(people.birth_of(person)),
                "sex": Sex(person.sex),
                "national_id": person.national_id or "",
            }
        )
        return _correct(request, slug, key, form)
    form = CorrectForm(request.POST)

    def act() -> None:
        said = form.cleaned_data
        cmd = person_facts.Correct(
            campaign=slug,
            person=key,
            name=said["name"],
            romanised_name=said["romanised_name"],
            born=said["born"],
            sex=said["sex"],
            national_id=said["national_id"],
            document=said["document"],
        )
        person_facts.correct_identity(cmd, actor=actor_of(request), now=datetime.now(UTC))

    answer = attempt(act, form)
    if answer:
        return redirect("registrar-person", slug=slug, key=person.pk)
    return _correct(request, slug, key, form, answer)


def _correct(
    request: HttpRequest, slug: str, key: int, form: CorrectForm, answer: Answer = DONE
) -> HttpResponse:
    campaign = campaigns.campaign(slug)
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "key": key,
        "form": form,
        "answer": answer,
    }
    return render(request, "registrar/correct.html", values, status=answer.status)
