"""What the checkout form takes, and what it answers to the rest."""

from __future__ import annotations

import pytest

from payments.forms import BillingForm, GuestForm, countries
from tests.payments.checkout_pages import TYPED


def test_a_guest_becomes_a_buyer_with_a_hashed_password() -> None:
    form = GuestForm(TYPED)
    assert form.is_valid(), form.errors
    buyer = form.guest()
    assert buyer.email == "zoe@exemple.ca"
    assert buyer.postal_code == "H2X 1Y4"
    assert "grand-fleuve-bleu" not in buyer.password
    assert buyer.password


@pytest.mark.parametrize("name", sorted(set(TYPED) - {"address_line2"}))
def test_what_is_left_empty_is_asked_for(name: str) -> None:
    form = GuestForm({**TYPED, name: ""})
    assert not form.is_valid()
    assert name in form.errors


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("email", "zoe", "Saisissez une adresse de courriel valide."),
        ("phone", "abc", "Écrivez un numéro comme 514 555-0123."),
        ("phone", "514555012351455501235145550123", "Écrivez un numéro comme 514 555-0123."),
        ("postal_code", "90210", "Écrivez un code postal comme H2X 1Y4."),
        ("province", "ZZ", "Sélectionnez un choix valide. ZZ n’en fait pas partie."),
        ("province", "--", "Choisissez votre province."),
        ("country", "QO", "Sélectionnez un choix valide. QO n’en fait pas partie."),
        ("password_again", "autre-chose-encore", "Les deux mots de passe ne sont pas pareils."),
    ],
)
def test_what_is_wrong_is_explained_in_french(name: str, value: str, message: str) -> None:
    form = GuestForm({**TYPED, name: value})
    assert not form.is_valid()
    assert form.errors[name] == [message]


@pytest.mark.parametrize("name", ["first_name", "last_name", "phone", "address_line1", "city", "postal_code"])
def test_too_long_is_refused(name: str) -> None:
    form = GuestForm({**TYPED, name: "1" * 256})
    assert not form.is_valid()
    assert name in form.errors


@pytest.mark.parametrize("password", ["court", "1234567890", "password123", "zoe@exemple.ca"])
def test_weak_passwords_are_refused(password: str) -> None:
    form = GuestForm({**TYPED, "password": password, "password_again": password})
    assert not form.is_valid()
    assert "password" in form.errors


def test_an_address_abroad_needs_no_province_and_keeps_its_postal_code() -> None:
    form = GuestForm({**TYPED, "country": "FR", "province": "--", "postal_code": "75011"})
    assert form.is_valid(), form.errors
    assert form.guest().postal_code == "75011"


def test_a_member_is_asked_for_neither_email_nor_password() -> None:
    assert not {"email", "password", "password_again"} & set(BillingForm.base_fields)


def test_canada_comes_first_and_codes_are_iso() -> None:
    choices = countries()
    assert choices[0] == ("CA", "Canada")
    assert ("FR", "France") in choices
    assert len({code for code, _name in choices}) == len(choices)
    assert all(len(code) == 2 and code.isupper() for code, _name in choices)
