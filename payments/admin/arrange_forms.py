"""What an admin says to call a lesson off, move it, bring it back or call it given."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.widgets import AdminDateInput, AdminTimeInput

from booking.changes import Actor
from booking.forms import FARTHEST
from booking.grid import local_day
from home.formats import NBSP, money
from payments.lesson_forms import ReasonForm
from payments.pricing import NOTHING
from payments.services.cancelling import Compensation
from payments.services.returning import Left


class ArrangeForm(ReasonForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, actor=Actor.ADMIN, **kwargs)


class CancelForm(ArrangeForm):
    """`left`: what could go back for the lesson. Each choice says its amounts; `shown` is what was said."""

    compensation = forms.ChoiceField(
        label=gettext_lazy("Ce que reçoit l’élève"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Dites ce que reçoit l’élève."),
            "invalid_choice": gettext_lazy("Ce choix n’est plus possible. Voici ceux qui le sont."),
        },
    )
    shown = forms.CharField(widget=forms.HiddenInput, required=False)
    field_order = ["compensation", "motif"]

    def __init__(self, *args: Any, left: Left | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: list[tuple[str, str]] = []
        if left is not None and left.total:
            choices = [
                (Compensation.CREDIT, _("Un crédit de %(amount)s") % {"amount": money(left.total)}),
                (Compensation.REFUND, _refund_in_words(left)),
            ]
        choices.append((Compensation.NOTHING, str(Compensation.NOTHING.label)))
        self.fields["compensation"].choices = choices  # type: ignore[attr-defined]
        self.fields["compensation"].initial = choices[0][0]
        self.fields["shown"].initial = fingerprint(left)


def fingerprint(left: Left | None) -> str:
    """The same for the same amounts."""
    return f"{left.card}+{left.credits}" if left else ""


def _refund_in_words(left: Left) -> str:
    parts = []
    if left.card:
        parts.append(_("%(amount)s sur la carte") % {"amount": money(left.card)})
    if left.credits:
        parts.append(_("%(amount)s en crédits, comme payé") % {"amount": money(left.credits)})
    return _("Un remboursement%(nbsp)s: %(parts)s") % {"nbsp": NBSP, "parts": ", ".join(parts)}


class MoveToForm(ArrangeForm):
    """The new start on the clock of the school's wall."""

    date = forms.DateField(
        label=gettext_lazy("Date"),
        widget=AdminDateInput,
        error_messages={"required": gettext_lazy("Donnez une date.")},
    )
    time = forms.TimeField(
        label=gettext_lazy("Heure"),
        widget=AdminTimeInput,
        error_messages={"required": gettext_lazy("Donnez une heure, comme 14:30.")},
    )
    field_order = ["date", "time", "motif"]
    start: datetime

    def clean_date(self) -> Any:
        day = self.cleaned_data["date"]
        if abs(day - local_day(timezone.now())) > FARTHEST:
            raise forms.ValidationError(_("Cette date est trop lointaine. Vérifiez l’année."))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("date") and data.get("time") is not None:
            wall = datetime.combine(data["date"], data["time"])
            self.start = timezone.make_aware(wall)
            if timezone.localtime(self.start.astimezone(UTC)).replace(tzinfo=None) != wall:
                self.add_error("time", _("Cette heure n’existe pas ce jour-là : on avance l’heure."))
        return data


class RestoreForm(ArrangeForm):
    """`credited`: the credit that was given for the lesson, in CAD."""

    takes_credit_back = forms.BooleanField(required=False, initial=True)
    field_order = ["takes_credit_back", "motif"]

    def __init__(self, *args: Any, credited: Decimal = NOTHING, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if credited:
            self.fields["takes_credit_back"].label = _("Reprendre le crédit de %(amount)s") % {
                "amount": money(credited)
            }
        else:
            del self.fields["takes_credit_back"]


class CompleteForm(ArrangeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["motif"].help_text = _("Gardé dans l’historique; personne n’en est averti.")
