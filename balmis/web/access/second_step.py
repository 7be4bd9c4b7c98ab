"""The second step of a sign-in: a code of the app, a recovery code, or a passkey; or a passkey alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from balmis.contexts.access import passkeys
from balmis.core.vocabulary.access import SignInMeans
from balmis.flows.access import second_factor
from balmis.web.access.passkey_form import PasskeyForm, ask, host_of, take_state
from balmis.web.access.sign_in import HALF, HALF_LASTS, let_in, sign_in_page
from balmis.web.labels.common import wait_in_words
from balmis.web.shared.acting import DONE, Answer, Problem, unread
from balmis.web.shared.client import address_of
from balmis.web.shared.forms import Form, PlainField

if TYPE_CHECKING:
    from balmis.contexts.access.models import User

AT_CODE = "id_code"


class CodeForm(Form):
    """One field for the app's code and for a recovery code."""

    code = PlainField(
        _("The code that your app shows, or a recovery code"),
        ask=_("Write the code."),
        most=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "autofocus": True}
        ),
    )


def _half(request: HttpRequest) -> tuple[User, str] | None:
    """Who has shown the password in this browser just now, and where they want to go."""
    kept: dict[str, Any] | None = request.session.get(HALF)
    if not kept or datetime.now(UTC).timestamp() - kept["at"] > HALF_LASTS.total_seconds():
        return None
    found = get_user_model().objects.filter(pk=kept["user"], is_active=True).first()
    if found is None or kept.get("hash") != found.get_session_auth_hash():  # changed meanwhile
        return None
    return found, kept["next"]


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """After the password. Wrong codes are limited; the password is not asked again."""
    half = _half(request)
    if half is None:
        return redirect("sign-in")
    user, onward = half
    if request.method == "GET":
        return _page(request, CodeForm())
    form, now = CodeForm(request.POST), datetime.now(UTC)
    if not form.is_valid():
        return _page(request, form, unread(form))
    wait = second_factor.spend_try(user.pk, now=now)
    if wait is not None:
        return _page(request, form, Answer((Problem(wait_in_words(wait), AT_CODE),), 429))
    code, client = form.cleaned_data["code"], address_of(request)
    means = second_factor.take_code(user.pk, code, client=client, now=now)
    if means is None:
        wrong = gettext("This code is not right, or was used already. Wait for the next one.")
        return _page(request, form, Answer((Problem(wrong, AT_CODE),), 400))
    return let_in(request, user, means, onward)


def _page(request: HttpRequest, form: CodeForm, answer: Answer = DONE) -> HttpResponse:
    shown = {"form": form, "answer": answer, "passkey": PasskeyForm()}
    return render(request, "access/second_step.html", shown, status=answer.status)


@require_GET
def passkey_question(request: HttpRequest) -> HttpResponse:
    """What the browser's passkey signs: one of who has shown the password, else any."""
    half = _half(request)
    return ask(request, *passkeys.ask(half[0].pk if half else None, host_of(request)))


@require_POST
def sign_in_by_passkey(request: HttpRequest) -> HttpResponse:
    """A passkey is enough: it asks for a finger, a face or a PIN itself."""
    half, form = _half(request), PasskeyForm(request.POST)
    state, now = take_state(request), datetime.now(UTC)
    user = None
    if form.is_valid() and state is not None:
        sent, host, client = form.cleaned_data["answer"], host_of(request), address_of(request)
        user = second_factor.take_passkey(
            half[0].pk if half else None, sent, state, host, client=client, now=now
        )
    if user is None:
        told = Answer((Problem(gettext(passkeys.NOT_TAKEN)),), 400)
        if half:
            return _page(request, CodeForm(), told)
        return sign_in_page(request, told)
    return let_in(
        request, user, SignInMeans.PASSKEY, half[1] if half else form.cleaned_data["next"]
    )
