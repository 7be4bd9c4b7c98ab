"""Sign in and out."""

from datetime import UTC, datetime

from django import forms
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from balmis.contexts.access.sign_ins import Comer
from balmis.flows.access import sign_ins
from balmis.web.labels.common import wait_in_words
from balmis.web.shared.acting import DONE, Answer, Problem, unread
from balmis.web.shared.client import address_of, keep_mark, mark_of, network_to_count
from balmis.web.shared.forms import Form, PlainField

LONGEST_NAME = 150  # characters that a user name can have
AT_NAME = "id_username"  # where to go with what is wrong with both


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
        form = SignInForm(initial={"next": _onward(request, request.GET.get("next", ""))})
        form.fields["username"].widget.attrs["autofocus"] = True
        return _page(request, form)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _page(request, form, unread(form))
    username, now = form.cleaned_data["username"], datetime.now(UTC)
    client, counted = address_of(request), network_to_count(request)
    network, mark = counted or client, mark_of(request, username)
    comer = Comer(username, network, counted is not None, mark)
    wait = sign_ins.spend_try(comer, now=now)
    if wait is not None:
        return _page(request, form, Answer((Problem(wait_in_words(wait), AT_NAME),), 429))
    user = authenticate(request, username=username, password=form.cleaned_data["password"])
    if user is None:
        sign_ins.note_failure(comer, client=client, now=now)
        wrong = gettext("The name and the password do not fit together. Check both.")
        return _page(request, form, Answer((Problem(wrong, AT_NAME),), 400))
    sign_ins.note_sign_in(comer, user.pk, client=client, now=now)
    login(request, user)
    onward = form.cleaned_data["next"] or request.GET.get("next", "")
    answer = redirect(_onward(request, onward))
    keep_mark(request, answer, username)
    return answer


def _onward(request: HttpRequest, asked: str) -> str:
    """Where they wanted to go, if it is one of these pages."""
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()})
    return asked if is_ours else reverse("coordination")


def _page(request: HttpRequest, form: SignInForm, answer: Answer = DONE) -> HttpResponse:
    return render(request, "sign_in.html", {"form": form, "answer": answer}, status=answer.status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        now = datetime.now(UTC)
        sign_ins.note_sign_out(request.user.pk, client=address_of(request), now=now)
    logout(request)
    return redirect("home")
