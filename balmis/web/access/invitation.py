"""The first page that a new user sees: they choose a password, with a link that is good once."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from balmis.core.vocabulary.access import SignInMeans
from balmis.flows.access.account import accept_invitation, invited
from balmis.flows.access.sign_ins import needs_factor
from balmis.web.access.password import NewPasswordForm
from balmis.web.access.sign_in import ask_factor, let_in
from balmis.web.shared.acting import DONE, Answer, attempt
from balmis.web.shared.rate_limit import limited


@sensitive_post_parameters()
@never_cache
@limited
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, word: str) -> HttpResponse:
    """Choose a password. Whoever had one before has it no more; and is signed in."""
    now = datetime.now(UTC)
    user = invited(word, now=now)
    if user is None:
        return render(request, "access/invitation_over.html", {}, status=410)
    if request.method == "GET":
        return _page(request, user.username, NewPasswordForm())
    form, done = NewPasswordForm(request.POST), []

    def act() -> None:
        done.append(accept_invitation(word, form.cleaned_data["new"], now=now))

    answer = attempt(act, form)
    if not answer:
        return _page(request, user.username, form, answer)
    if needs_factor(done[0]):
        return ask_factor(request, done[0], reverse("account"))
    return let_in(request, done[0], SignInMeans.INVITATION, reverse("account"))


def _page(
    request: HttpRequest, username: str, form: NewPasswordForm, answer: Answer = DONE
) -> HttpResponse:
    shown = {"form": form, "username": username, "answer": answer}
    return render(request, "access/invitation.html", shown, status=answer.status)
