"""Sign in and out."""

from datetime import UTC, datetime

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from balmis.contexts.access import services as access


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form, and its answer. Too many failures for a name make it wait."""
    onward = request.POST.get("next") or request.GET.get("next") or ""
    if not url_has_allowed_host_and_scheme(onward, {request.get_host()}):
        onward = reverse("coordination")
    if request.method == "GET":
        return render(request, "sign_in.html", {"next": onward})
    username, now = request.POST.get("username", "").strip(), datetime.now(UTC)
    address = request.META.get("REMOTE_ADDR", "")
    if not username.isprintable():
        return _again(request, onward, _("The name holds signs that no name has."), 400)
    if access.must_wait(username, address=address, now=now):
        return _again(
            request, onward, _("Too many failed tries for this name. Wait 15 minutes."), 429
        )
    user = authenticate(request, username=username, password=request.POST.get("password", ""))
    if user is None:
        access.note_failure(username, address=address, now=now)
        return _again(
            request, onward, _("The name and the password do not fit together. Check both."), 400
        )
    access.forget_failures(username)
    login(request, user)
    return redirect(onward)


def _again(request: HttpRequest, onward: str, error: str, status: int) -> HttpResponse:
    values = {"next": onward, "error": error, "username": request.POST.get("username", "")}
    return render(request, "sign_in.html", values, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("home")
