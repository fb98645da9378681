"""Refunding from an order's page as the direction does: the form, the preview, the confirmation."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from payments.models import Order
from tests.booking import pages

ORDERS = "/admin/snippets/payments/order/"
REFUNDS = "/admin/snippets/payments/refund/"


def inspect_url(order: Order) -> str:
    return f"{ORDERS}inspect/{order.pk}/"


def refund_url(order: Order) -> str:
    return f"{ORDERS}rembourser/{order.pk}/"


def wish(**more: str) -> dict[str, str]:
    return {
        "extent": "all",
        "destination": "card",
        "lessons": "keep",
        "reason": "Le cours ne convenait pas.",
        **more,
    }


def by_line(order: Order, *amounts: str, **more: str) -> dict[str, str]:
    lines = zip(order.lines.all(), amounts, strict=True)
    return wish(extent="lines", **{f"line-{line.pk}": amount for line, amount in lines}, **more)


def text_of(answer: Any) -> str:
    return pages.text_of(re.sub(r"(?s)<(style|script|svg).*?</\1>", " ", answer.content.decode()))


def hidden(answer: Any) -> dict[str, str]:
    """What the preview's form would send."""
    form = re.search(
        r'(?s)<form action="" method="post" class="admin-buttons">.*?</form>', answer.content.decode()
    )
    assert form, text_of(answer)
    found = {}
    for tag in re.findall(r"<input[^>]*>", form[0]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value:
            found[name[1]] = value[1].replace("&#x27;", "'")
    return found


def preview(client: Client, order: Order, data: dict[str, str]) -> Any:
    answer = client.post(refund_url(order), data | {"step": "preview"})
    assert answer.status_code == 200, text_of(answer)
    return answer


def confirm(client: Client, order: Order, shown: dict[str, str], **follow: bool) -> Any:
    return client.post(refund_url(order), shown | {"step": "confirm"}, **follow)  # type: ignore[arg-type]


def refund(client: Client, order: Order, data: dict[str, str]) -> str:
    """All three steps; gives what the order's page says then."""
    answer = confirm(client, order, hidden(preview(client, order, data)), follow=True)
    assert answer.redirect_chain == [(inspect_url(order), 302)]
    return text_of(answer)
