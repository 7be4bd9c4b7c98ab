"""In an emergency: one's own role at another site, for a few hours, with a reason that is read."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from balmis.core.vocabulary.access import Role
from balmis.flows.access.account import roles_of
from balmis.flows.access.emergency import HOLDS, take_role
from balmis.web.access.account import user_of
from balmis.web.access.password import OwnPasswordField
from balmis.web.labels.common import ROLES
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.forms import Form, PlainField, ReasonField, enum_field, offer


class EmergencyForm(Form):
    """Which role, at which site, and what has happened."""

    role = enum_field(Role, {}, _("Your role"), ask=_("Choose the role."))
    site = PlainField(
        _("Code of the site, as it stands in the address of its pages"),
        ask=_("Write the site's code."),
        most=40,
    )
    why = ReasonField(_("What has happened?"), most=300, rows=3)
    password = OwnPasswordField()


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "POST"])
def emergency(request: HttpRequest) -> HttpResponse:
    """Take a role there."""
    user = user_of(request)
    form = EmergencyForm(request.POST if request.method == "POST" else None)
    mine = dict.fromkeys(role for role, *_rest in roles_of(user.pk))
    offer(form, "role", [("", _("Choose …")), *((r, ROLES[Role(r)]) for r in mine)])
    if request.method == "GET":
        return _page(request, form)
    return run(
        lambda: take_role(
            user.pk,
            form.cleaned_data["role"],
            form.cleaned_data["site"],
            form.cleaned_data["why"],
            form.cleaned_data["password"],
            now=datetime.now(UTC),
        ),
        form=form,
        again=lambda answer: _page(request, form, answer),
        to=lambda: redirect("account"),
    )


def _page(request: HttpRequest, form: EmergencyForm, answer: Answer = DONE) -> HttpResponse:
    hours = round(HOLDS.total_seconds() / 3600)
    shown = {"form": form, "answer": answer, "hours": hours}
    return render(request, "access/emergency.html", shown, status=answer.status)
