"""What an admin says about a refund."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from home.formats import money
from payments.models import Refund
from payments.pricing import NOTHING
from payments.services.refunding import Extent, Wish, stands
from payments.services.returning import Left


class Destination(TextChoices):
    CARD = "card", gettext_lazy("Par où c’est venu : la carte d’abord, puis les crédits")
    CREDITS = "credits", gettext_lazy("Tout en crédits")


class Lessons(TextChoices):
    KEEP = "keep", gettext_lazy("Les garder")
    CANCEL = "cancel", gettext_lazy("Annuler ceux qui sont remboursés")


class CadField(forms.DecimalField):
    """An amount as people write it: `45`, `45,00`, `1 045.00 $`."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(
            max_digits=9, decimal_places=2, min_value=NOTHING, localize=True, widget=widget, **kwargs
        )

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = "".join(value.replace("$", "").split()).replace(",", ".")
        return super().to_python(value)


class RefundForm(forms.Form):
    """`left`: what could still go back for each line. `wish` is there once it is valid."""

    extent = forms.ChoiceField(
        label=gettext_lazy("Combien"),
        choices=Extent.choices,
        initial=Extent.ALL,
        widget=forms.RadioSelect,
    )
    amount = CadField(label=gettext_lazy("Montant pour toute la commande"), required=False)
    destination = forms.ChoiceField(
        label=gettext_lazy("Où"),
        choices=Destination.choices,
        initial=Destination.CARD,
        widget=forms.RadioSelect,
    )
    lessons = forms.ChoiceField(
        label=gettext_lazy("Les rendez-vous"),
        choices=Lessons.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Dites si les rendez-vous ont lieu ou non.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Motif"),
        max_length=Refund._meta.get_field("reason").max_length,
        help_text=gettext_lazy("L’élève le lit dans son courriel."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Dites pourquoi : l’élève le lira.")},
    )

    wish: Wish

    def __init__(self, *args: Any, left: Sequence[Left], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left = [each for each in left if each.total]
        for each in self.left:
            self.fields[self.name_of(each)] = CadField(required=False, initial=each.total)
        if not any(each.card for each in self.left):
            del self.fields["destination"]
        if not any(stands(each.line) for each in self.left):
            del self.fields["lessons"]

    @staticmethod
    def name_of(left: Left) -> str:
        return f"line-{left.line.pk}"

    @property
    def rows(self) -> list[tuple[Left, forms.BoundField]]:
        return [(each, self[self.name_of(each)]) for each in self.left]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        extent = cleaned.get("extent")
        amounts = self._amounts() if extent == Extent.LINES else {}
        if extent == Extent.AMOUNT and "amount" in cleaned:
            self._check(
                "amount", cleaned["amount"] or NOTHING, sum((each.total for each in self.left), NOTHING)
            )
        if not self.errors:
            self.wish = Wish(
                extent=Extent(cleaned["extent"]),
                reason=cleaned["reason"],
                amounts=amounts,
                amount=cleaned["amount"] or NOTHING,
                as_credits=cleaned.get("destination") == Destination.CREDITS,
                cancels=cleaned.get("lessons") == Lessons.CANCEL,
            )
        return cleaned

    def _amounts(self) -> dict[UUID, Decimal]:
        amounts = {}
        for each in self.left:
            amount = self.cleaned_data.get(self.name_of(each))
            if amount:
                self._check(self.name_of(each), amount, each.total)
                amounts[each.line.pk] = amount
        if not amounts and not self.errors:
            self.add_error("extent", _("Donnez un montant pour un cours au moins."))
        return amounts

    def _check(self, name: str, amount: Decimal, left: Decimal) -> None:
        if not amount:
            self.add_error(name, _("Donnez un montant."))
        elif amount > left:
            self.add_error(name, _("Il reste %(left)s à rembourser.") % {"left": money(left)})
