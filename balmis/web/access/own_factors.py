"""Add and take off one's own second factors; recovery codes."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import segno
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from balmis.contexts.access import factors, passkeys
from balmis.core.errors import BadInput
from balmis.flows.access import second_factor
from balmis.web.access.account import user_of
from balmis.web.access.passkey_form import PasskeyForm, ask, host_of, take_state
from balmis.web.access.password import OwnPasswordField
from balmis.web.access.second_step import CodeForm
from balmis.web.shared.acting import DONE, Answer, attempt, run
from balmis.web.shared.forms import Form, TextField
from balmis.web.shared.presence import sign_in_of

SECRET = "app_secret"  # in the session, until the app has shown that it has it


class NewPasskeyForm(PasskeyForm):
    """How the owner calls it, and what the browser answered."""

    name = TextField(_("A name for it, such as: my phone"), most=60)
    password = OwnPasswordField()


class NewAppForm(CodeForm):
    """The app's code, and the password: a session alone adds no way in."""

    password = OwnPasswordField()


class OwnPasswordForm(Form):
    """Before something that only they may do."""

    password = OwnPasswordField()


def _here(request: HttpRequest) -> int:
    found = sign_in_of(request)
    return found.pk if found else 0


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "POST"])
def add_app(request: HttpRequest) -> HttpResponse:
    """The app reads a picture, and shows a code in return."""
    if request.method == "GET" or SECRET not in request.session:
        request.session[SECRET] = second_factor.new_app_secret()
        return _app_page(request, NewAppForm())
    form, made = NewAppForm(request.POST), []
    user, secret = user_of(request), request.session[SECRET]

    def act() -> None:
        code, password = form.cleaned_data["code"], form.cleaned_data["password"]
        made.extend(
            second_factor.add_app(
                user.pk, secret, code, password, sign_in=_here(request), now=datetime.now(UTC)
            )
        )
        del request.session[SECRET]

    return run(
        act,
        form=form,
        again=lambda answer: _app_page(request, form, answer),
        to=lambda: _added(request, made),
    )


def _app_page(request: HttpRequest, form: NewAppForm, answer: Answer = DONE) -> HttpResponse:
    form.fields["code"].label = pgettext("second factor", "The code that the app shows now")
    secret = request.session[SECRET]
    groups = " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))
    shown = {"form": form, "answer": answer, "groups": groups}
    return render(request, "access/add_app.html", shown, status=answer.status)


@login_required
@require_GET
def app_picture(request: HttpRequest) -> HttpResponse:
    """What the app photographs."""
    if SECRET not in request.session:
        raise Http404
    address = second_factor.address_for_app(request.session[SECRET], user_of(request).username)
    out = BytesIO()
    segno.make(address, error="m").save(out, kind="svg", scale=5, border=4, light="white")
    answer = HttpResponse(out.getvalue(), content_type="image/svg+xml")
    answer["Cache-Control"] = "no-store"
    return answer


@login_required
@require_GET
def new_passkey_question(request: HttpRequest) -> HttpResponse:
    """What the browser is asked to make a passkey of."""
    return ask(request, *passkeys.ask_new(user_of(request), host_of(request)))


@login_required
@require_http_methods(["GET", "POST"])
def add_passkey(request: HttpRequest) -> HttpResponse:
    """A key that stays on a device, or in the owner's keychain."""
    if request.method == "GET":
        return _passkey_page(request, NewPasskeyForm())
    form, made = NewPasskeyForm(request.POST), []
    user, state = user_of(request), take_state(request)

    def act() -> None:
        if state is None:
            raise BadInput(passkeys.NOT_TAKEN)
        said, now = form.cleaned_data, datetime.now(UTC)
        new = second_factor.NewPasskey(said["name"], said["answer"], state, host_of(request))
        made.extend(
            second_factor.add_passkey(
                user.pk, new, said["password"], sign_in=_here(request), now=now
            )
        )

    return run(
        act,
        form=form,
        again=lambda answer: _passkey_page(request, form, answer),
        to=lambda: _added(request, made),
    )


def _passkey_page(
    request: HttpRequest, form: NewPasskeyForm, answer: Answer = DONE
) -> HttpResponse:
    shown = {"form": form, "answer": answer}
    return render(request, "access/add_passkey.html", shown, status=answer.status)


def _added(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """The first factor comes with recovery codes, shown this once."""
    return _codes_page(request, codes) if codes else redirect("account")


def _codes_page(request: HttpRequest, codes: list[str]) -> HttpResponse:
    shown = [f"{code[:5]} {code[5:]}" for code in codes]
    return render(request, "access/recovery_codes.html", {"codes": shown})


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "POST"])
def remove_factor(request: HttpRequest, key: int) -> HttpResponse:
    """Asks for the password first."""
    user = user_of(request)
    found = next((f for f in factors.of_user(user.pk) if f.pk == key), None)
    if found is None:
        return redirect("account")
    form = OwnPasswordForm(request.POST if request.method == "POST" else None)
    last = len(factors.of_user(user.pk)) == 1
    shown = {"form": form, "factor": found, "last": last}
    if request.method == "GET":
        return render(request, "access/remove_factor.html", shown | {"answer": DONE})
    return run(
        lambda: second_factor.remove_factor(
            user.pk, key, form.cleaned_data["password"], now=datetime.now(UTC)
        ),
        form=form,
        again=lambda answer: render(
            request, "access/remove_factor.html", shown | {"answer": answer}, status=answer.status
        ),
        to=lambda: redirect("account"),
    )


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "POST"])
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """New ones, of which the old are void."""
    user, codes = user_of(request), []
    form = OwnPasswordForm(request.POST if request.method == "POST" else None)
    shown = {"form": form, "left": factors.recovery_codes_left(user.pk)}
    if request.method == "GET":
        return render(request, "access/new_codes.html", shown | {"answer": DONE})

    def act() -> None:
        password = form.cleaned_data["password"]
        codes.extend(second_factor.new_recovery_codes(user.pk, password, now=datetime.now(UTC)))

    answer = attempt(act, form)
    if answer:
        return _codes_page(request, codes)
    return render(
        request, "access/new_codes.html", shown | {"answer": answer}, status=answer.status
    )
