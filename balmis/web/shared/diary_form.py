"""The three questions of the diary: for the person, and for whoever calls them."""

from django import forms
from django.utils.translation import gettext_lazy as _

from balmis.core.safety.diary import Answer
from balmis.flows.safety import diary
from balmis.web.labels.safety import CARE, SYMPTOMS
from balmis.web.shared.forms import AnyOf, Form, Label, OneOf, TextField

CONTRADICTS = _("You said that you are well, and ticked something that is wrong. Which is right?")


class WellField(forms.ChoiceField):
    """Well, or not."""

    def __init__(self, label: Label, *, yes: Label, no: Label) -> None:
        ask = _("Say whether you are well.")
        super().__init__(
            label=label,
            choices=[("yes", yes), ("no", no)],
            widget=OneOf,
            error_messages={"required": ask, "invalid_choice": ask},
        )


class SymptomField(forms.MultipleChoiceField):
    """What it is, of the list."""

    def __init__(self, label: Label) -> None:
        super().__init__(
            label=label,
            choices=SYMPTOMS.items(),
            required=False,
            widget=AnyOf,
            error_messages={"invalid_choice": _("Choose from the list.")},
        )


class CareField(forms.ChoiceField):
    """Whom somebody saw about it."""

    def __init__(self, label: Label, widget: type[forms.Widget] = OneOf) -> None:
        super().__init__(
            label=label,
            choices=CARE.items(),
            required=False,
            initial="none",
            widget=widget,
            error_messages={"invalid_choice": _("Choose from the list.")},
        )


class DiaryForm(Form):
    """What somebody ticked."""

    well = WellField(_("1. Are you well?"), yes=_("Yes, I am well"), no=_("No, something is wrong"))
    symptom = SymptomField(_("2. If not: what is it?"))
    words = TextField(_("In your own words (you need not)"), most=1000, rows=2, required=False)
    care = CareField(_("3. Did you see somebody about it?"))

    def answer(self) -> Answer:
        """After `is_valid`."""
        said = self.cleaned_data
        well = said["well"] == "yes"
        return Answer(
            well=well,
            symptoms=tuple(said["symptom"]),
            care="" if well else said["care"],
            words=said["words"],
        )

    def clean(self) -> None:
        if self.errors:
            return
        said: dict[str, object] = self.cleaned_data
        if said["well"] == "yes" and (said["symptom"] or said["care"] not in ("", "none")):
            self.add_error("well", CONTRADICTS)
        else:
            self.check("symptom", lambda: diary.read_answer(self.answer()))
