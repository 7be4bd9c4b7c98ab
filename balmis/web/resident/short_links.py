"""What the short link of a message leads to."""

from datetime import UTC, datetime

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people import contacts
from balmis.core.booking import short_link
from balmis.core.booking.short_link import Link
from balmis.core.dates import local_day
from balmis.flows.booking import invitations
from balmis.flows.booking.short_links import read_link
from balmis.flows.safety import diary
from balmis.web.resident import browser_session
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.forms import Form

PAGES = {
    short_link.BOOK: "book",
    short_link.MINE: "my-bookings",
    short_link.CONFIRM: "book-confirm",
    short_link.REGISTER: "book-register",
}


class TellForm(Form):
    """One press: no more messages, or they go on."""

    tell = forms.ChoiceField(choices=[("0", "0"), ("1", "1")], widget=forms.HiddenInput)


@never_cache
@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest, word: str) -> HttpResponse:
    """On to the page that is meant; an invitation is a page of its own."""
    link = read_link(word)
    every = {c.pk: c for c in campaigns.campaigns()}
    campaign = every.get(link.campaign) if link else None
    if link is None or campaign is None:
        raise Http404(gettext("This link is not known. It may have been cut off."))
    if link.is_over(local_day(datetime.now(UTC), campaign.time_zone)):
        raise Http404(gettext("This link is over. Look for the campaign's page."))
    if link.kind == short_link.INVITED:
        return _invited(request, campaign.slug, link)
    if link.kind == short_link.ASKED:
        return redirect("diary", slug=campaign.slug, token=diary.token_for(link.whose))
    return redirect(PAGES[link.kind], slug=campaign.slug)


def _invited(request: HttpRequest, slug: str, link: Link) -> HttpResponse:
    """It shows no name and opens nothing: book, or no such messages, with one press."""
    contact = contacts.contact(link.whose)
    if request.method == "GET" or contact is None:
        return _show(request, slug, told=contact is not None and contact.tell)
    form = TellForm(request.POST)

    def act() -> None:
        tell = form.cleaned_data["tell"] == "1"
        invitations.choose_messages(link.whose, tell=tell, language=None, now=datetime.now(UTC))

    return run(
        act,
        form=form,
        again=lambda answer: _show(request, slug, told=contact.tell, answer=answer),
        to=lambda: _show(request, slug, told=form.cleaned_data["tell"] == "1", done=True),
    )


def _show(
    request: HttpRequest, slug: str, *, told: bool, done: bool = False, answer: Answer = DONE
) -> HttpResponse:
    return browser_session.page(request, slug, "invited", told=told, done=done, answer=answer)
