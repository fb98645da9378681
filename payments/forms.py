"""What a buyer types: who they are, where they live, and for a guest a password for the account to come."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from anyascii import anyascii
from babel import Locale
from django import forms
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.fields import OneLineField
from accounts.models import User
from home.formats import money
from payments.models import SavedCard
from payments.services import Buyer, Wishes

PROVINCES = [
    ("QC", _("Québec")), ("AB", _("Alberta")), ("BC", _("Colombie-Britannique")),
    ("PE", _("Île-du-Prince-Édouard")), ("MB", _("Manitoba")), ("NB", _("Nouveau-Brunswick")),
    ("NS", _("Nouvelle-Écosse")), ("NU", _("Nunavut")), ("ON", _("Ontario")), ("SK", _("Saskatchewan")),
    ("NL", _("Terre-Neuve-et-Labrador")), ("NT", _("Territoires du Nord-Ouest")), ("YT", _("Yukon")),
]  # fmt: skip
ABROAD = "--"
NEW_CARD = "new"
# Babel's territories that ISO 3166-1 doesn't assign.
NOT_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
CANADIAN_POSTAL_CODE = re.compile(r"^[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] ?\d[ABCEGHJ-NPRSTV-Z]\d$")
PHONE = re.compile(r"^\+?[\d\s().-]{7,25}(\s*(poste|ext\.?|x)\s*\d{1,6})?$", re.IGNORECASE)


def countries() -> list[tuple[str, str]]:
    """ISO 3166 codes with French names, Canada first."""
    names = {
        code: name
        for code, name in Locale("fr", "CA").territories.items()
        if len(code) == 2 and code.isalpha() and code not in NOT_COUNTRIES
    }
    del names["CA"]
    return [("CA", "Canada"), *sorted(names.items(), key=lambda item: anyascii(item[1]).lower())]


class CouponForm(forms.Form):
    code = forms.CharField(
        label=_("Code promo"),
        max_length=40,
        error_messages={
            "required": _("Écrivez un code, puis appliquez-le."),
            "max_length": _("Un code a au plus 40 caractères."),
        },
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class BillingForm(forms.Form):
    """The part that members and guests share."""

    first_name = OneLineField(label=_("Prénom"), max_length=100)
    last_name = OneLineField(label=_("Nom"), max_length=100)
    phone = OneLineField(label=_("Téléphone"), max_length=30)
    address_line1 = OneLineField(label=_("Adresse"), max_length=200)
    address_line2 = OneLineField(label=_("Appartement, bureau"), max_length=200, required=False)
    city = OneLineField(label=_("Ville"), max_length=100)
    province = forms.ChoiceField(
        label=_("Province"), choices=[*PROVINCES, (ABROAD, _("Hors du Canada"))], initial="QC"
    )
    postal_code = OneLineField(label=_("Code postal"), max_length=20)
    country = forms.ChoiceField(label=_("Pays"), choices=countries, initial="CA")

    autocomplete = {
        "first_name": "given-name",
        "last_name": "family-name",
        "phone": "tel",
        "address_line1": "address-line1",
        "address_line2": "address-line2",
        "city": "address-level2",
        "province": "address-level1",
        "postal_code": "postal-code",
        "country": "country",
        "email": "email",
        "password": "new-password",
        "password_again": "new-password",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name in self.autocomplete:
                field.widget.attrs["autocomplete"] = self.autocomplete[name]
        self.fields["phone"].widget.input_type = "tel"

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        if not PHONE.match(phone):
            raise ValidationError(_("Écrivez un numéro comme 514 555-0123."))
        return phone

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("country") == "CA":
            if data.get("province") == ABROAD:
                self.add_error("province", _("Choisissez votre province."))
            postal_code = str(data.get("postal_code", "")).upper()
            if postal_code and not CANADIAN_POSTAL_CODE.match(postal_code):
                self.add_error("postal_code", _("Écrivez un code postal comme H2X 1Y4."))
            data["postal_code"] = postal_code
        return data

    def buyer(self, *, email: str, password: str = "") -> Buyer:
        billing = {name: self.cleaned_data[name] for name in BillingForm.base_fields}
        return Buyer(email=email, password=password, **billing)


class MemberForm(BillingForm):
    """A member may pay with credits and a kept card, and have one kept."""

    use_credits = forms.BooleanField(required=False)
    card = forms.ChoiceField(
        label=_("Carte"),
        widget=forms.RadioSelect,
        required=False,
        error_messages={
            "invalid_choice": _("Cette carte n’est plus gardée ou a expiré. Choisissez-en une autre.")
        },
    )
    save_card = forms.BooleanField(label=_("Garder cette carte pour la prochaine fois"), required=False)
    prefers_credit = forms.BooleanField(
        label=_("Si une plage n’était plus libre, je préfère un crédit à un remboursement."), required=False
    )

    def __init__(self, *args: Any, cards: Sequence[SavedCard], credits_cad: Decimal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cards = {str(card.pk): card for card in cards}
        choice = cast(forms.ChoiceField, self.fields["card"])
        choice.choices = [
            *((key, _card_label(card)) for key, card in self.cards.items()),
            (NEW_CARD, _("Une autre carte")),
        ]
        choice.initial = next(iter(self.cards), NEW_CARD)
        self.fields["use_credits"].label = _("Utiliser mes crédits (%(amount)s)") % {
            "amount": money(credits_cad)
        }

    @property
    def kept_card(self) -> SavedCard | None:
        """The kept card that was chosen, of a valid form."""
        return self.cards.get(self.cleaned_data["card"])

    def wishes(self) -> Wishes:
        return Wishes(
            use_credits=self.cleaned_data["use_credits"],
            save_card=self.cleaned_data["save_card"] and self.kept_card is None,
            prefers_credit=self.cleaned_data["prefers_credit"],
        )


def _card_label(card: SavedCard) -> str:
    return _("%(card)s, expire en %(expiry)s") % {"card": card, "expiry": card.expiry}


class GuestForm(BillingForm):
    """A guest also gives an e-mail and a password: the payment makes the account."""

    email = forms.EmailField(label=_("Courriel"), max_length=254)
    password = forms.CharField(
        label=_("Mot de passe"),
        widget=forms.PasswordInput,
        strip=False,
        max_length=128,
        help_text=_("Au moins 10 caractères. Il vous servira à retrouver vos cours."),
    )
    password_again = forms.CharField(
        label=_("Mot de passe, une deuxième fois"), widget=forms.PasswordInput, strip=False, max_length=128
    )
    known_email = False
    field_order = ["first_name", "last_name", "email", "phone"]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        password, again = data.get("password"), data.get("password_again")
        if password and again and password != again:
            self.add_error("password_again", _("Les deux mots de passe ne sont pas pareils."))
        elif password:
            person = User(
                email=data.get("email", ""),
                first_name=data.get("first_name", ""),
                last_name=data.get("last_name", ""),
            )
            try:
                validate_password(password, person)
            except ValidationError as error:
                self.add_error("password", error)
        return data

    def guest(self) -> Buyer:
        return self.buyer(
            email=self.cleaned_data["email"], password=make_password(self.cleaned_data["password"])
        )
