"""What a browser sends to hold a slot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from booking.rules import DURATIONS, HORIZON
from booking.series import WEEKS
from courses.models import Course, Tutor

CHOOSE_DATES = _("Cochez au moins une date, puis ajoutez au panier.")
CHOOSE_MODE = _("Dites s’il faut ajouter toutes les dates ou seulement celles qui sont encore libres.")
CHOOSE = _("Choisissez une heure, puis ajoutez-la au panier.")
GONE = _("Ce cours n’est pas offert en ce moment.")
UNREADABLE = _("Cette heure n’a pas été comprise. Choisissez-en une dans la liste.")


FARTHEST = HORIZON + timedelta(days=366)
"""From now, before or after: years that no calendar reaches would overflow, and are slips of the keyboard."""


class PublicIdField(forms.UUIDField):
    """One of `rows`, by its public id; anything else, a UUID or not, gets the sentence of "invalid"."""

    def __init__(self, rows: Callable[[], QuerySet[Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rows = rows

    def clean(self, value: Any) -> Any:
        public_id = super().clean(value)
        if public_id is None:
            return None
        try:
            return self.rows().get(public_id=public_id)
        except ObjectDoesNotExist:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


def read_start(text: str, now: datetime) -> datetime:
    """A start in ISO 8601 with its zone. Raises ValidationError."""
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise forms.ValidationError(UNREADABLE) from None
    # Everything nearer is for the rules.
    if start.tzinfo is None or not abs(start - now) < FARTHEST:
        raise forms.ValidationError(UNREADABLE)
    return start


class BookingForm(forms.Form):
    """A form whose page has room for one sentence; `now` is when it was sent."""

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    @property
    def first_error(self) -> str:
        return str(next(iter(self.errors.values()))[0])


class SlotForm(BookingForm):
    """A course, a start (ISO 8601 with its zone), minutes, and a tutor or none for the first available.

    `remplace` is the lost line of the cart that this one is taken for.
    """

    cours = PublicIdField(Course.objects.active, error_messages={"required": GONE, "invalid": GONE})
    debut = forms.CharField(error_messages={"required": CHOOSE})
    duree = forms.TypedChoiceField(
        coerce=int,
        choices=[(minutes, minutes) for minutes in DURATIONS],
        error_messages={"required": UNREADABLE, "invalid_choice": UNREADABLE},
    )
    tuteur = PublicIdField(
        Tutor.objects.active,
        required=False,
        error_messages={"invalid": _("Ce tuteur n’est pas offert en ce moment. Choisissez-en un autre.")},
    )

    remplace = forms.UUIDField(required=False, error_messages={"invalid": UNREADABLE})

    def clean_debut(self) -> datetime:
        return read_start(self.cleaned_data["debut"], self.now)


class SeriesForm(BookingForm):
    """Starts of a weekly series (ISO 8601 with their zone), and what to do when some of them are gone."""

    ALL, FREE = "toutes", "libres"

    debut = forms.Field(widget=forms.MultipleHiddenInput, error_messages={"required": CHOOSE_DATES})
    mode = forms.ChoiceField(
        choices=[
            (ALL, _("Toutes les dates cochées, ou aucune")),
            (FREE, _("Celles qui sont encore libres")),
        ],
        error_messages={"required": CHOOSE_MODE, "invalid_choice": CHOOSE_MODE},
    )

    def clean_debut(self) -> list[datetime]:
        starts = {read_start(text, self.now) for text in self.cleaned_data["debut"]}
        if len(starts) > WEEKS[-1]:
            raise forms.ValidationError(UNREADABLE)
        return sorted(starts)
