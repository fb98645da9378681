"""What a browser sends to call a lesson off or to move it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.changes import MAX_REASON, MUST_SAY_WHY, Actor
from booking.forms import CHOOSE, UNREADABLE, read_start

READ_BY = {
    Actor.STUDENT: _("Votre tuteur le lira."),
    Actor.TUTOR: _("L’élève le lira dans son courriel."),
    Actor.ADMIN: _("L’élève et le tuteur le lisent dans leur courriel."),
}


class ReasonForm(forms.Form):
    """Why; `version` is the lesson's sequence when the page was shown."""

    version = forms.IntegerField(
        min_value=0,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid", "min_value"), UNREADABLE),
    )
    motif = forms.CharField(
        label=_("Motif"),
        required=False,
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": _("Dites pourquoi, en quelques mots."),
            "max_length": _(
                "Le motif compte %(show_value)d caractères; il peut en avoir %(limit_value)d au plus."
            ),
        },
    )

    def __init__(self, *args: Any, actor: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reason = self.fields["motif"]
        reason.required = actor in MUST_SAY_WHY
        reason.help_text = READ_BY[Actor(actor)]


class MoveForm(ReasonForm):
    """The new start (ISO 8601 with its zone) and why. `now` is when it was sent."""

    debut = forms.CharField(widget=forms.HiddenInput, error_messages={"required": CHOOSE})

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    def clean_debut(self) -> datetime:
        return read_start(self.cleaned_data["debut"], self.now)
