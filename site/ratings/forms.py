"""What a student says of a tutor, and the days between which a tutor looks at it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from booking.grid import local_moment
from ratings.models import Rating
from ratings.questions import FIELDS, MAX_COMMENT, MEANINGS, QUESTIONS

CHOOSE = _("Choisissez de 1 à 5 étoiles.")


class Stars(forms.RadioSelect):
    """Radio buttons that look like stars; without a style sheet they are what they are."""

    template_name = "ratings/stars_widget.html"

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        """The first one, for a link of the error summary to lead to."""
        return super().id_for_label(id_, index or "0")


class WordsField(forms.CharField):
    """Several lines. Browsers send each line's end as two characters, and count it as one: so do we."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n").replace("\r", "\n")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """No `maxlength`: it would cut off what is pasted, without a word."""
        return {}


class VersionField(forms.IntegerField):
    """Of the rating that the page showed; 0 for none, and for what can't be read."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> int:
        try:
            return super().clean(value) or 0
        except ValidationError:
            return 0


class RatingForm(forms.Form):
    comment = WordsField(
        label=_("Votre commentaire"),
        help_text=_("Ce qui a aidé, ce qui a manqué. Au plus 2 000 caractères."),
        required=False,
        max_length=MAX_COMMENT,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={
            "max_length": _(
                "Votre commentaire compte %(show_value)d caractères; il peut en avoir %(limit_value)d."
            )
        },
    )
    version = VersionField(required=False, initial=0)

    field_order = [*FIELDS, "comment", "version"]

    def __init__(self, *args: Any, rating: Rating | None = None, **kwargs: Any) -> None:
        """`rating`: the one to begin with."""
        if rating is not None:
            kwargs["initial"] = {name: getattr(rating, name) for name in self.field_order}
        super().__init__(*args, **kwargs)
        for question in QUESTIONS:
            self.fields[question.field] = forms.TypedChoiceField(
                label=question.name,
                help_text=question.asks,
                choices=list(MEANINGS.items()),
                coerce=int,
                widget=Stars,
                error_messages=dict.fromkeys(("required", "invalid_choice"), CHOOSE),
            )
        self.order_fields(self.field_order)

    @property
    def questions(self) -> list[forms.BoundField]:
        return [self[field] for field in FIELDS]

    @property
    def answers(self) -> list[int]:
        """Of a valid form, in the order of the questions."""
        return [self.cleaned_data[field] for field in FIELDS]

    def with_version(self, version: int) -> RatingForm:
        """The same words, sent again from a page that knows of this version."""
        return RatingForm({**{name: self.data.get(name) for name in self.fields}, "version": version})


class DayInput(forms.DateInput):
    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        """Only what is a date: browsers have no place for anything else in such a control."""
        try:
            return date.fromisoformat(str(value)).isoformat()
        except ValueError:
            return None


WRITE_A_DATE = _("Écrivez une date comme 2026-03-31.")


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=DayInput,
        error_messages={"invalid": WRITE_A_DATE},
        # Beyond these a midnight is none that can be reckoned with.
        validators=[
            MinValueValidator(date(1900, 1, 1), WRITE_A_DATE),
            MaxValueValidator(date(2999, 12, 31), WRITE_A_DATE),
        ],
    )


class PeriodForm(forms.Form):
    """From one day to another, both included; either may be left out."""

    du = _day(_("Du"))
    au = _day(_("Au"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("du") and data.get("au") and data["au"] < data["du"]:
            self.add_error("au", _("La fin vient après le début."))
        return data

    def limits(self) -> dict[str, datetime]:
        """Of a valid form, as a filter on when a rating was given."""
        first, last = self.cleaned_data["du"], self.cleaned_data["au"]
        limits = {}
        if first:
            limits["created_at__gte"] = local_moment(first)
        if last:
            limits["created_at__lt"] = local_moment(last + timedelta(days=1))
        return limits
