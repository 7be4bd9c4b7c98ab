"""A desk that several share: lock it, and come back to it by a PIN or a passkey, within the shift."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from balmis.contexts.access import passkeys
from balmis.contexts.access.sign_ins import is_locked, open_on_browser
from balmis.flows.access import second_factor, sign_ins
from balmis.web.access.passkey_form import PasskeyForm, ask, host_of, take_state
from balmis.web.access.sign_in import onward_to, with_next
from balmis.web.shared.acting import DONE, Answer, Problem, unread
from balmis.web.shared.client import address_of, browser_of
from balmis.web.shared.forms import Form, KeyField
from balmis.web.shared.presence import enter, here_in, sign_in_of

if TYPE_CHECKING:
    from balmis.contexts.access.models import SignIn

AT_PIN = "id_typed"


class LockForm(Form):
    """Whereto they come back; and whether the page says that nobody has touched it."""

    idle = forms.BooleanField(required=False, widget=forms.HiddenInput)

    next = forms.CharField(required=False, widget=forms.HiddenInput)


class ReturnForm(Form):
    """Whose sign-in, and their PIN, or the password of who has none."""

    who = KeyField()
    next = forms.CharField(required=False, widget=forms.HiddenInput)
    typed = forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def ask_pin(self) -> None:
        field = self.fields["typed"]
        field.label = _("Your PIN")
        field.widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}


@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """Nobody reads or does anything here until somebody comes back."""
    form, now, found = LockForm(request.POST), datetime.now(UTC), sign_in_of(request)
    if found is not None and form.is_valid() and form.cleaned_data["idle"]:
        if not is_locked(found, now=now):  # somebody works in another window
            return HttpResponse(status=409)
    elif found is not None:
        sign_ins.lock(found.pk, now=now)
    onward = _onward(request, form)
    return redirect(with_next("come-back", onward))


def _onward(request: HttpRequest, form: Form) -> str:
    return onward_to(request, str(form["next"].value() or ""))


@sensitive_post_parameters("typed")
@require_http_methods(["GET", "POST"])
def come_back(request: HttpRequest) -> HttpResponse:
    """Who is it? Then the PIN. The third wrong one asks for a whole sign-in."""
    here = _here(request)
    if request.method == "GET":
        onward = onward_to(request, request.GET.get("next", ""))
        if not here:
            return redirect(with_next("sign-in", onward, whole=1))
        asked = request.GET.get("who", "")
        one = here[0] if len(here) == 1 else next((s for s in here if str(s.pk) == asked), None)
        return _page(request, here, one, onward)
    form = ReturnForm(request.POST)
    onward = _onward(request, form)
    if not form.is_valid():
        one = next((s for s in here if str(s.pk) == form["who"].value()), None)
        return _page(request, here, one, onward, unread(form))
    who, now = form.cleaned_data["who"], datetime.now(UTC)
    if who not in here_in(request):
        return redirect(with_next("sign-in", onward, whole=1))
    became = sign_ins.come_back(who, form.cleaned_data["typed"], browser_of(request), now=now)
    if became.user is not None:
        enter(request, became.user, who)
        return redirect(onward)
    if became.left <= 0:
        return redirect(with_next("sign-in", onward, whole=1))
    wrong = ngettext(
        "This is not right. You can try %(n)s more time.",
        "This is not right. You can try %(n)s more times.",
        became.left,
    ) % {"n": became.left}
    one = next((s for s in here if s.pk == who), None)
    return _page(request, here, one, onward, Answer((Problem(wrong, AT_PIN),), 400))


def _here(request: HttpRequest) -> list[SignIn]:
    """Who can come back here: those who signed in in this very session of this browser."""
    mine, word = set(here_in(request)), browser_of(request).word
    return [s for s in open_on_browser(word, now=datetime.now(UTC)) if s.pk in mine]


def _page(
    request: HttpRequest,
    here: list[SignIn],
    one: SignIn | None,
    onward: str,
    answer: Answer = DONE,
) -> HttpResponse:
    form = ReturnForm(initial={"who": one.pk if one else None, "next": onward})
    if one is not None and one.user.pin:
        form.ask_pin()
    people = [(s, with_next("come-back", onward, who=s.pk)) for s in here]
    shown = {
        "people": people,
        "one": one,
        "others": len(here) > 1,
        "form": form,
        "onward": onward,
        "answer": answer,
        "passkey": PasskeyForm(initial={"next": onward}),
    }
    return render(request, "access/come_back.html", shown, status=answer.status)


def _one_here(request: HttpRequest, key: int) -> SignIn | None:
    here = _here(request)
    return next((s for s in here if s.pk == key), None)


@require_GET
def return_question(request: HttpRequest, key: int) -> HttpResponse:
    """What the passkey of whose sign-in it is signs."""
    one = _one_here(request, key)
    user_id = one.user_id if one else None
    return ask(request, *passkeys.ask(user_id, host_of(request)))


@require_POST
def come_back_by_passkey(request: HttpRequest, key: int) -> HttpResponse:
    one, form, now = _one_here(request, key), PasskeyForm(request.POST), datetime.now(UTC)
    state = take_state(request)
    if one is None:
        return redirect("sign-in")
    onward, owner = _onward(request, form), None
    if form.is_valid() and state is not None:
        sent, client = form.cleaned_data["answer"], address_of(request)
        owner = second_factor.take_passkey(
            one.user_id, sent, state, host_of(request), client=client, now=now
        )
    browser = browser_of(request)
    if owner is not None and sign_ins.come_back_by_passkey(key, owner, browser, now=now).user:
        enter(request, owner, key)
        return redirect(onward)
    here = _here(request)
    told = Answer((Problem(gettext(passkeys.NOT_TAKEN)),), 400)
    return _page(request, here, one, onward, told)


@require_POST
def here(request: HttpRequest) -> HttpResponse:
    """Somebody types or taps in the page, though nothing was sent yet."""
    return HttpResponse(status=204 if sign_in_of(request) is not None else 401)
