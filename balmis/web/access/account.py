"""One's own account at a glance: roles, factors, PIN, where one is signed in, what happened."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from balmis.contexts.access import factors
from balmis.contexts.access.queries import zone_of
from balmis.contexts.access.sign_ins import open_of_user
from balmis.core.notices.account_texts import ADVICE, BY, TOLD
from balmis.core.vocabulary.access import Role, SignInMeans
from balmis.flows.access.account import change_pin, history_of, roles_of
from balmis.flows.access.account_trail import news_of
from balmis.flows.access.sign_ins import end_own, must_add_factor
from balmis.web.access.password import OwnPasswordField
from balmis.web.access.sign_in import onward_to
from balmis.web.labels.access import ACCOUNT_ACTS, MEANS
from balmis.web.labels.common import ROLES
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.forms import Form, KeyField
from balmis.web.shared.presence import sign_in_of

if TYPE_CHECKING:
    from balmis.contexts.access.models import User


class EndForm(Form):
    """One sign-in, or none for all the others."""

    sign_in = KeyField(required=False)


class PinForm(Form):
    """A PIN for the way back; left empty, it is taken off."""

    pin = forms.CharField(
        label=_("A PIN of 6 to 12 digits; leave it empty to have none"),
        required=False,
        max_length=12,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    password = OwnPasswordField()


def user_of(request: HttpRequest) -> User:
    """Who is signed in."""
    return cast("User", request.user)


@login_required
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """Everything of one's own account."""
    user, now = user_of(request), datetime.now(UTC)
    here = sign_in_of(request)
    places = [
        (s, MEANS[SignInMeans(s.means)], here is not None and s.pk == here.pk)
        for s in open_of_user(user.pk, now=now)
    ]
    shown = {
        "roles": [
            (ROLES[Role(r)], where, until, why) for r, where, until, why in roles_of(user.pk)
        ],
        "factors": factors.of_user(user.pk),
        "codes_left": factors.recovery_codes_left(user.pk),
        "must_add": must_add_factor(user),
        "sign_ins": places,
        "others": sum(not is_here for _s, _m, is_here in places),
        "history": [(at, ACCOUNT_ACTS.get(act, act)) for at, act in history_of(user.pk)],
        "zone": zone_of(user.pk),
    }
    return render(request, "access/account.html", shown)


@login_required
@require_GET
def news(request: HttpRequest) -> HttpResponse:
    """What was changed of the account since the sign-in before: shown once, on the way in."""
    user = user_of(request)
    shown = {
        "news": [(n.at, gettext(TOLD[n.what]), gettext(BY[n.by])) for n in news_of(user.pk)],
        "advice": gettext(ADVICE),
        "onward": onward_to(request, request.GET.get("next", "")),
        "zone": zone_of(user.pk),
    }
    return render(request, "access/news.html", shown)


@login_required
@require_GET
def factor_needed(request: HttpRequest) -> HttpResponse:
    """A role asks for a second factor before anything else."""
    if not must_add_factor(user_of(request)):
        return redirect("account")
    return render(request, "access/factor_needed.html", {})


@login_required
@require_POST
def end_sign_ins(request: HttpRequest) -> HttpResponse:
    """One of them, or all but this."""
    form, here = EndForm(request.POST), sign_in_of(request)
    if form.is_valid():
        key, but = form.cleaned_data["sign_in"], here.pk if here else None
        end_own(user_of(request).pk, key, but=but, now=datetime.now(UTC))
    return redirect("account")


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "POST"])
def pin(request: HttpRequest) -> HttpResponse:
    """Set it, change it, take it off."""
    if request.method == "GET":
        return _pin_page(request, PinForm())
    form = PinForm(request.POST)
    return run(
        lambda: change_pin(
            user_of(request).pk,
            form.cleaned_data["password"],
            form.cleaned_data["pin"],
            now=datetime.now(UTC),
        ),
        form=form,
        again=lambda answer: _pin_page(request, form, answer),
        to=lambda: redirect("account"),
    )


def _pin_page(request: HttpRequest, form: PinForm, answer: Answer = DONE) -> HttpResponse:
    shown = {"form": form, "answer": answer, "has_pin": bool(user_of(request).pin)}
    return render(request, "access/pin.html", shown, status=answer.status)
