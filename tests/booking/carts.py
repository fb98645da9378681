"""A visitor's cart over HTTP: what a browser sends, and the page that it gets."""

from __future__ import annotations

from datetime import UTC, datetime

from django.test import Client

from booking.models import CartLine
from courses.models import Course
from tests.booking.pages import text_of

TUESDAY_9 = "2027-01-12T14:00Z"
START = datetime(2027, 1, 12, 14, 0, tzinfo=UTC)  # the same moment
MORNING = [(weekday, 9 * 60, 12 * 60) for weekday in range(7)]


def choice(course: Course, **changes: str) -> dict[str, str]:
    return {"cours": str(course.public_id), "debut": TUESDAY_9, "duree": "60", "tuteur": "", **changes}


def add(client: Client, course: Course, **changes: str) -> CartLine:
    response = client.post("/panier/ajouter/", choice(course, **changes))
    assert response.status_code == 302, text_of(response.content.decode())
    return CartLine.objects.order_by("-held_until").first()  # type: ignore[return-value]


def cart_page(client: Client) -> str:
    response = client.get("/panier/")
    assert response.status_code == 200
    return response.content.decode()
