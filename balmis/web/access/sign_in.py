"""Sign in, by password and then by what is asked beside it, and out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django import forms
from django.contrib.auth import SESSION_KEY, authenticate
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from balmis.contexts.access.lanes import Comer
from balmis.core.vocabulary.access import SignInMeans
from balmis.flows.access import sign_ins
from balmis.flows.access.account_trail import news_of
from balmis.web.access.passkey_form import PasskeyForm
from balmis.web.labels.common import wait_in_words
from balmis.web.shared.acting import DONE, Answer, Problem, unread
from balmis.web.shared.client import (
    address_of,
    browser_of,
    keep_mark,
    mark_of,
    network_to_count,
)
from balmis.web.shared.forms import Form, PlainField
from balmis.web.shared.identity_provider import provider
from balmis.web.shared.presence import KEY, enter, leave

if TYPE_CHECKING:
    from balmis.contexts.access.models import User

LONGEST_NAME = 150  # characters that a user name can have
AT_NAME = "id_username"  # where to go with what is wrong with both
HALF, HALF_LASTS = "half", timedelta(minutes=10)  # after the password, before the second factor


class SignInForm(Form):
    """Who it is, and whereto they go on; `next` leads nowhere else than into these pages."""

    next = forms.CharField(required=False, widget=forms.HiddenInput)
    username = PlainField(
        _("User name"),
        ask=_("The name holds signs that no name has."),
        most=LONGEST_NAME,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": forms.Field.default_error_messages["required"]},
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form, and its answer. Whoever guesses waits longer and longer."""
    if request.method == "GET":
        onward = onward_to(request, request.GET.get("next", ""))
        if getattr(request, "locked", None) and "whole" not in request.GET:
            return redirect(with_next("come-back", onward))
        form = SignInForm(initial={"next": onward})
        form.fields["username"].widget.attrs["autofocus"] = True
        return _page(request, form)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _page(request, form, unread(form))
    username, now = form.cleaned_data["username"], datetime.now(UTC)
    comer = comer_of(request, username)
    wait = sign_ins.spend_try(comer, now=now)
    if wait is not None:
        return _page(request, form, Answer((Problem(wait_in_words(wait), AT_NAME),), 429))
    user = authenticate(request, username=username, password=form.cleaned_data["password"])
    if user is None:
        sign_ins.note_failure(comer, client=address_of(request), now=now)
        wrong = gettext("The name and the password do not fit together. Check both.")
        return _page(request, form, Answer((Problem(wrong, AT_NAME),), 400))
    onward = form.cleaned_data["next"] or request.GET.get("next", "")
    if sign_ins.needs_factor(user):
        return ask_factor(request, user, onward)
    return let_in(request, user, SignInMeans.PASSWORD, onward)


def ask_factor(request: HttpRequest, user: User, onward: str) -> HttpResponse:
    """They have shown the password; for some minutes they may show the rest."""
    at = datetime.now(UTC).timestamp()
    held = user.get_session_auth_hash()
    request.session[HALF] = {"user": user.pk, "at": at, "next": onward, "hash": held}
    return redirect("second-step")


def comer_of(request: HttpRequest, username: str) -> Comer:
    """Who wants to sign in, as the lanes of tries know them."""
    client, counted = address_of(request), network_to_count(request)
    return Comer(username, counted or client, counted is not None, mark_of(request, username))


def let_in(request: HttpRequest, user: User, means: SignInMeans, onward: str) -> HttpResponse:
    """They have shown who they are; from now on the browser has their sign-in."""
    comer, now = comer_of(request, user.username), datetime.now(UTC)
    key = sign_ins.start_sign_in(user, means, browser_of(request), comer=comer, now=now)
    request.session.pop(HALF, None)
    enter(request, user, key)
    onward = onward_to(request, onward)
    answer = redirect(with_next("account-news", onward) if news_of(user.pk) else onward)
    keep_mark(request, answer, user.username)
    return answer


def with_next(page: str, onward: str, **more: object) -> str:
    """The address of a page from which they go on."""
    query = QueryDict(mutable=True)
    query.update({"next": onward} | {name: str(value) for name, value in more.items()})
    return f"{reverse(page)}?{query.urlencode()}"


def onward_to(request: HttpRequest, asked: str) -> str:
    """Where they wanted to go, if it is one of these pages."""
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()})
    is_ours &= asked.startswith("/")  # what has no stroke would be taken for the name of a page
    return asked if is_ours else reverse("coordination")


def sign_in_page(request: HttpRequest, answer: Answer) -> HttpResponse:
    """The empty form, with what stood against another way in."""
    return _page(request, SignInForm(), answer)


def _page(request: HttpRequest, form: SignInForm, answer: Answer = DONE) -> HttpResponse:
    onward = form["next"].value()
    passkey = PasskeyForm(initial={"next": onward})
    shown = {
        "form": form,
        "answer": answer,
        "passkey": passkey,
        "provider": provider(),
        "by_provider": with_next("sign-in-provider", onward or ""),
    }
    return render(request, "access/sign_in.html", shown, status=answer.status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Also of a desk that has locked itself."""
    if user_id := request.session.get(SESSION_KEY):
        now, client = datetime.now(UTC), address_of(request)
        sign_ins.sign_out(request.session.get(KEY), int(user_id), client=client, now=now)
    leave(request)
    return redirect("home")
