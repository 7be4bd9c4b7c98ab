"""What the codes of vials and cartons mean: taught once, with a second look, and taken back."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from balmis.contexts.access import queries as users
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.supply import packaging, products
from balmis.core.roles import Act
from balmis.core.vocabulary.supply import Level
from balmis.flows.supply.packaging import (
    KeepPackaging,
    forget_packaging,
    may_forget,
    teach_packaging,
)
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.forms import (
    CountField,
    Form,
    KeyField,
    ReasonField,
    RowForm,
    enum_field,
    offer,
)
from balmis.web.shared.requests import actor_of, allowed, posted
from balmis.web.store.shelf import kept_site

LEVELS = {
    Level.VIAL: pgettext_lazy("a code is on", "one vial"),
    Level.CARTON: pgettext_lazy("a code is on", "a carton of vials"),
    Level.SHIPPER: pgettext_lazy("a code is on", "a shipper of cartons"),
}


class CodeForm(Form):
    """What an unknown code means."""

    gtin = forms.CharField(max_length=14, widget=forms.HiddenInput)
    scan = forms.CharField(max_length=300, required=False, widget=forms.HiddenInput)
    product = forms.ChoiceField(
        label=_("Vaccine"),
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose the vaccine.")),
    )
    level = enum_field(Level, LEVELS, _("The code is on"), ask=_("Say what the code is on."))
    vials = CountField(_("Vials in it (a vial: 1)"), most=1_000_000)
    keep = forms.BooleanField(required=False, widget=forms.HiddenInput)  # it was looked at again

    def wanted(self) -> KeepPackaging:
        """After `is_valid`."""
        asked = self.cleaned_data
        return KeepPackaging(
            gtin=asked["gtin"],
            product=asked["product"],
            level=asked["level"],
            number=asked["vials"] or 0,
        )


class ForgetForm(RowForm):
    """Which code is unknown again, and why."""

    key = "code"

    code = KeyField()
    why = ReasonField()


@allowed(Act.MOVE_STOCK)
def code(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """The code that was scanned, chosen once; looked at again; kept."""
    kept_site(request, slug, site)
    if request.method != "POST":
        return _show(request, slug, site)
    form = _form(slug, CodeForm(request.POST, name="code"))
    if not (form.is_valid() and form.cleaned_data["keep"]):
        return _show(request, slug, site, form=form, second=form.is_valid())
    here = reverse("store-receive", kwargs={"slug": slug, "site": site})
    return run(
        lambda: teach_packaging(
            site, form.wanted(), actor=actor_of(request), now=datetime.now(UTC)
        ),
        form=form,
        again=lambda answer: _show(request, slug, site, answer, form),
        to=lambda: redirect(f"{here}?{urlencode({'scan': form.cleaned_data['scan']})}"),
    )


@posted("trade-item")
@allowed(Act.MOVE_STOCK)
def forget(request: HttpRequest, slug: str, site: str) -> HttpResponse:
    """What was taught is taken back."""
    kept_site(request, slug, site)
    form = ForgetForm.sent(request.POST)

    def act() -> None:
        asked = form.cleaned_data
        forget_packaging(
            asked["code"], asked["why"], actor=actor_of(request), now=datetime.now(UTC)
        )

    return run(
        act,
        form=form,
        again=lambda answer: _show(request, slug, site, answer, gone=form),
        to=lambda: redirect("trade-item", slug=slug, site=site),
    )


def _form(slug: str, form: CodeForm) -> CodeForm:
    plan = campaigns.latest_plan(campaigns.campaign(slug).pk)
    offer(form, "product", [("", _("choose …")), *((p.code, p.name) for p in plan.products)])
    return form


def _show(
    request: HttpRequest,
    slug: str,
    code: str,
    answer: Answer = DONE,
    form: CodeForm | None = None,
    *,
    second: bool = False,
    gone: Form | None = None,
) -> HttpResponse:
    """`second`: what was chosen is shown once more, in words, before it is kept."""
    site, campaign = kept_site(request, slug, code), campaigns.campaign(slug)
    asked = {n: request.GET.get(n, "")[:most] for n, most in (("gtin", 14), ("scan", 300))}
    if form is None and asked["gtin"]:
        form = _form(slug, CodeForm(name="code", initial=asked))
    plan = campaigns.latest_plan(campaign.pk)
    known = packaging.packagings([products.product(p.code).pk for p in plan.products])
    actor = actor_of(request)
    names = users.names_of([p.taught_by for p in known if p.taught_by])
    values = {
        "campaign": campaign,
        "plan": plan,
        "site": site,
        "answer": answer,
        "form": form,
        "m": _meaning(form.wanted()) if form is not None and second else None,
        "known": [
            (
                p,
                LEVELS[Level(p.level)],
                names.get(p.taught_by, p.taught_by),
                ForgetForm.of(p.pk, gone) if may_forget(p, actor) else None,
            )
            for p in known
        ],
    }
    status = 400 if form is not None and form.errors and answer.status == 200 else answer.status
    return render(request, "store/trade_item.html", values, status=status)


def _meaning(wanted: KeepPackaging) -> dict[str, object]:
    product = products.product(wanted.product)
    return {
        "gtin": wanted.gtin,
        "product": product.name,
        "level": LEVELS[wanted.level],
        "vials": wanted.number,
        "doses": wanted.number * product.doses_per_vial,
    }
