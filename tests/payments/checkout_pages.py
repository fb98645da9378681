"""The checkout page as a browser fills it in and sends it."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from tests.payments.support import PAYS, card_token

TYPED = {
    "first_name": "Zoé",
    "last_name": "Roy",
    "email": "zoe@exemple.ca",
    "phone": "514 555-0123",
    "address_line1": "12, rue Saint-Denis",
    "address_line2": "",
    "city": "Montréal",
    "province": "QC",
    "postal_code": "h2x 1y4",
    "country": "CA",
    "password": "grand-fleuve-bleu",
    "password_again": "grand-fleuve-bleu",
}
BY_SCRIPT = {"Accept": "application/json"}


def shown_by(client: Client) -> str:
    """What the page that is open in this browser says that it showed."""
    found = re.search(r'name="shown"\s+value="([^"]+)"', client.get("/paiement/").content.decode())
    assert found
    return found[1]


def press_pay(
    client: Client,
    *,
    card: str = PAYS,
    shown: str | None = None,
    token: str | None = None,
    card_choice: str = "new",
    **typed: str,
) -> Any:
    """Fill in the page that is open and send it, as its script does; `shown` is an older page's."""
    data = {
        **TYPED,
        "shown": shown_by(client) if shown is None else shown,
        "confirmation_token": card_token(card) if token is None else token,
        "card": card_choice,
        **typed,
    }
    return client.post("/paiement/", data, headers=BY_SCRIPT)
