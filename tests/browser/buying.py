"""What a buyer types on the checkout page, by the label of each field."""

from __future__ import annotations

from collections.abc import Mapping

from playwright.sync_api import Page

ADDRESS = {
    "Téléphone": "514 555-0123",
    "Adresse": "12, rue Saint-Denis",
    "Ville": "Montréal",
    "Code postal": "H2X 1Y4",
}
GUEST = {
    "Prénom": "Zoé",
    "Nom": "Roy",
    "Courriel": "zoe@exemple.ca",
    **ADDRESS,
    "Mot de passe": "grand-fleuve-bleu",
    "Mot de passe, une deuxième fois": "grand-fleuve-bleu",
}


def fill_form(page: Page, typed: Mapping[str, str] = GUEST) -> None:
    for label, words in typed.items():
        page.get_by_label(label, exact=True).fill(words)
