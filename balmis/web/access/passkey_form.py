"""What a browser answers with a passkey, in a form; and what it is asked, kept in its session."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _

from balmis.web.shared.forms import Form

STATE = "passkey"
MOST = 20_000  # characters of an answer


class PasskeyForm(Form):
    """The answer is filled in by the page's script."""

    next = forms.CharField(required=False, widget=forms.HiddenInput)
    answer = forms.CharField(
        max_length=MOST,
        widget=forms.HiddenInput,
        error_messages={"required": _("The passkey did not answer. Try once more.")},
    )

    def clean_answer(self) -> dict[str, Any]:
        try:
            found = json.loads(self.cleaned_data["answer"])
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise ValidationError(_("The passkey did not answer. Try once more."))
        return found


def host_of(request: HttpRequest) -> str:
    """The name under which the browser knows us, for which its keys are made."""
    return request.get_host().partition(":")[0]


def ask(
    request: HttpRequest, question: Mapping[str, Any], state: Mapping[str, Any]
) -> HttpResponse:
    """The question, for the page's script; what belongs to it stays here."""
    request.session[STATE] = dict(state)
    answer = JsonResponse(json.loads(json.dumps(question, default=dict)))
    answer["Cache-Control"] = "no-store"
    return answer


def take_state(request: HttpRequest) -> dict[str, Any] | None:
    """What belongs to the question; it is good for one answer."""
    found: dict[str, Any] | None = request.session.pop(STATE, None)
    return found
