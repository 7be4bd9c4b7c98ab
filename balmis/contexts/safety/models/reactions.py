"""A reaction at the site, as it is treated: nothing that was written down is changed."""

from django.db import models

from balmis.contexts.clinic.models import Visit
from balmis.contexts.journal.models import append_only
from balmis.contexts.safety.models.cases import Case, known, words
from balmis.core.vocabulary.safety import NoteKind


class Reaction(models.Model):
    """One a visit; its signs, treatments and end are its notes."""

    visit = models.OneToOneField(Visit, models.PROTECT, related_name="reaction")
    case = models.ForeignKey(Case, models.PROTECT, related_name="reactions")
    began_at = models.DateTimeField()
    definition = models.CharField(max_length=60, blank=True)  # its code and version


class ReactionNote(models.Model):
    """A sign, a set of vital signs, a treatment, with its own time."""

    request_id = models.UUIDField(unique=True)
    reaction = models.ForeignKey(Reaction, models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=12, choices=words(NoteKind))
    facts = models.JSONField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        triggers = append_only()
        constraints = [known("kind", NoteKind, "reaction_note_known")]
        indexes = [models.Index(fields=["reaction", "at"], name="notes_of_reaction")]
