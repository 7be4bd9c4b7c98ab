"""One's own account: the password."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from django import forms
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from balmis.contexts.access.passwords import LONGEST, strength
from balmis.flows.access.account import change_password
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.forms import Form, Label
from balmis.web.shared.presence import sign_in_of
from balmis.web.shared.rate_limit import allowed_often

if TYPE_CHECKING:
    from balmis.contexts.access.models import User

MOST = LONGEST  # characters


class OwnPasswordField(forms.CharField):
    """Their password of now, before something that only they may do."""

    def __init__(self, label: Label = _("Your password now")) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})
        super().__init__(label=label, strip=False, max_length=MOST, widget=widget)


class NewPasswordForm(Form):
    """Twice the new one."""

    new = forms.CharField(
        label=_("The new one: at least 12 signs, best several words"),
        strip=False,
        max_length=MOST,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("The new one again"),
        strip=False,
        max_length=MOST,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("new"):
            raise ValidationError(_("It is not the same as above."))
        return again


class PasswordForm(NewPasswordForm):
    """The password of now, and twice the new one."""

    field_order = ("old", "new", "again")
    old = OwnPasswordField()


class WeighForm(Form):
    """A password that somebody is about to choose."""

    password = forms.CharField(strip=False, max_length=MOST)


@sensitive_post_parameters()
@allowed_often
@require_POST
def weigh(request: HttpRequest) -> HttpResponse:
    """How strong it would be, 0 to 4; nothing is kept of it."""
    form = WeighForm(request.POST)
    score = strength(form.cleaned_data["password"], request.user) if form.is_valid() else 0
    answer = JsonResponse({"score": score})
    answer["Cache-Control"] = "no-store"
    return answer


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change it; sessions elsewhere end."""
    if request.method == "GET":
        return _page(request, PasswordForm())
    form = PasswordForm(request.POST)

    def act() -> None:
        user, now = cast("User", request.user), datetime.now(UTC)
        here = sign_in_of(request)
        old, new = form.cleaned_data["old"], form.cleaned_data["new"]
        change_password(user.pk, old, new, sign_in=here.pk if here else None, now=now)
        user.refresh_from_db()
        update_session_auth_hash(request, user)

    return run(
        act,
        form=form,
        again=lambda answer: _page(request, form, answer),
        to=lambda: redirect("account"),
    )


def _page(request: HttpRequest, form: PasswordForm, answer: Answer = DONE) -> HttpResponse:
    return render(
        request, "access/password.html", {"form": form, "answer": answer}, status=answer.status
    )
