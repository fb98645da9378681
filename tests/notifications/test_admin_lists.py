"""Finding messages in the admin, sending many again, and what the days' figures say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from accounts.models import Role, User
from notifications import figures, resending
from notifications.models import DeliveryAttempt, OutboxMessage
from notifications.searching import ACCENTED, PLAIN, containing, words
from tests.factories import logged_in, make_user
from tests.notifications.support import NOW, make_event, make_mail
from tests.notifications.test_admin_views import address

URL = "https://hook.exemple.com/secret"
OTHER = "https://autre.exemple.org:8443/secret"
BULK = "/admin/bulk/notifications/outboxmessage/resend/"

pytestmark = pytest.mark.django_db


def saying(payload: object, **fields: Any) -> OutboxMessage:
    event = make_event(URL, **fields)
    OutboxMessage.objects.filter(pk=event.pk).update(payload=payload)
    return event


def found(text: str) -> list[OutboxMessage]:
    return list(containing(OutboxMessage.objects.order_by("created_at"), text))


# Search


def test_a_message_is_found_by_what_it_says() -> None:
    order = saying(
        {
            "order_id": "5b0f7d5e-6e1c-4f27-9f0e-1c8b8d1b2a01",
            "number": "F-2026-00123",
            "email": "Zoe.Roy+cours@exemple.ca",
            "items": [{"tutor_name": "Amélie Gagnon-Côté", "price_cad": 45.5, "coupon": None}],
            "comment": "«Bravo»\nMerci, l’équipe!",
        }
    )
    saying({"email": "luc@exemple.com", "number": "F-2026-00124"})
    for text in [
        "5b0f7d5e-6e1c-4f27-9f0e-1c8b8d1b2a01",
        "5B0F7D5E-6e1c",
        "F-2026-00123",
        "zoe.roy+cours@exemple.ca",
        "zoe.roy",
        "zoe.roy+cours@exem",
        "exemple.ca",
        "amelie gagnon",
        "GAGNON-COTE",
        "Gagnon-Côté",
        "45.5",
        "bravo equipe",
        "merci",
        str(order.pk),
    ]:
        assert found(text) == [order], text


def test_every_word_must_be_there() -> None:
    first, second = saying({"a": "Zoé Roy"}), saying({"a": "Zoé Côté"})
    assert found("zoe") == [first, second]
    assert found("zoe roy") == [first]
    assert found("zoe tremblay") == []
    assert found("oe") == []


def test_a_mail_is_found_by_its_address_its_subject_and_its_text() -> None:
    mail = make_mail(7)
    mail.payload |= {"subject": "Votre réservation", "text": "Commande F-2026-00123"}
    mail.save()
    for text in ("zoe@exemple.ca", "reservation", "f-2026-00123"):
        assert found(text) == [mail], text


@pytest.mark.parametrize(
    "text", ["", "   ", "'", "\\", "%", "\x00", "!&|", "a:* & b", "'); --", "😀", "é" * 5000, "( | <->"]
)
def test_whatever_is_typed_is_an_answer_and_no_error(office: Client, text: str) -> None:
    saying({"text": "é" * 9000 + " 😀 \\ ' " + "mot " * 90_000})
    assert office.get(address("list"), {"q": text}).status_code == 200


def test_the_database_takes_accents_away_as_the_search_does() -> None:
    saying({"a": " ".join(f"x{letter}x" for letter in ACCENTED)})
    for accented, plain in zip(ACCENTED, PLAIN, strict=True):
        assert words(f"x{accented}x") == [f"x{plain.lower()}x"]
        assert len(found(f"x{accented}x")) == 1, accented


def test_the_search_reads_its_index_and_no_other_row() -> None:
    OutboxMessage.objects.bulk_create(
        OutboxMessage(kind="webhook", type="signup", destination=URL, payload={"email": f"e{n}@exemple.ca"})
        for n in range(1500)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_outboxmessage")
    plan = containing(OutboxMessage.objects.order_by("-created_at"), "e1499@exemple.ca")[:50].explain()
    assert "outbox_words" in plan
    assert "Seq Scan" not in plan


# Filters


def shown(client: Client, **query: str) -> list[OutboxMessage]:
    return list(client.get(address("list"), query).context["object_list"])


def test_the_list_is_filtered_by_host_and_by_day(office: Client) -> None:
    here, there = make_event(URL), make_event(OTHER)
    mail = make_mail(1)
    assert shown(office, host="hook.exemple.com") == [here]
    assert shown(office, host="autre.exemple.org:8443") == [there]
    assert "secret" not in office.get(address("list")).content.decode()
    # Eleven at night in Toronto is the next day in UTC.
    OutboxMessage.objects.filter(pk=here.pk).update(created_at=datetime(2026, 12, 8, 4, 0, tzinfo=UTC))
    OutboxMessage.objects.filter(pk=there.pk).update(created_at=datetime(2026, 12, 8, 15, 0, tzinfo=UTC))
    assert shown(office, created_at_from="2026-12-07", created_at_to="2026-12-07") == [here]
    assert shown(office, created_at_from="2026-12-08", created_at_to="2026-12-08") == [there]
    assert set(shown(office, created_at_from="pas une date")) == {here, there, mail}
    assert set(shown(office, host="inconnu.exemple")) == {here, there, mail}


# Many again


def agreed(client: Client, query: str) -> dict[str, object]:
    return client.get(f"{BULK}?{query}").context["agreed"]


def waiting() -> set[UUID]:
    return set(OutboxMessage.objects.waiting().values_list("pk", flat=True))


def test_the_chosen_ones_go_again_after_a_question_that_says_how_many(office: Client, admin: User) -> None:
    dead = [make_event(URL, dead_at=NOW, attempts=10) for _ in range(3)]
    delivered = make_event(URL, delivered_at=NOW)
    busy = make_event(URL, lease_until=timezone.now() + timedelta(minutes=1))
    query = "&".join(f"id={event.pk}" for event in (dead[0], dead[1], delivered, busy)) + "&id=mal"
    page = office.get(f"{BULK}?{query}").content.decode()
    assert "Renvoyer 4 envois?" in page
    assert "1 est déjà livré" in page
    assert "1 est en train de partir" in page
    assert OutboxMessage.objects.dead().count() == 3
    response = office.post(f"{BULK}?{query}", agreed(office, query), follow=True)
    assert "3 envois repartent." in response.content.decode()
    assert waiting() == {dead[0].pk, dead[1].pk, delivered.pk, busy.pk}
    assert ModelLogEntry.objects.filter(action="notifications.resend", user=admin).count() == 3


def test_all_means_what_the_list_shows(office: Client) -> None:
    wanted = saying({"email": "zoe@exemple.ca"}, dead_at=NOW)
    saying({"email": "luc@exemple.ca"}, dead_at=NOW)
    delivered = saying({"email": "zoe@exemple.ca"}, delivered_at=NOW)
    query = "status=dead&q=zoe&id=all"
    assert "Renvoyer 1 envoi?" in office.get(f"{BULK}?{query}").content.decode()
    office.post(f"{BULK}?{query}", agreed(office, query))
    assert waiting() == {wanted.pk}
    delivered.refresh_from_db()
    assert delivered.delivered_at


def test_no_more_go_than_were_shown(office: Client) -> None:
    make_event(URL, dead_at=NOW)
    query = "status=dead&id=all"
    form = agreed(office, query)
    later = make_event(URL, dead_at=NOW)
    office.post(f"{BULK}?{query}", form)
    assert set(OutboxMessage.objects.dead()) == {later}
    # What was there, and has died since it was shown.
    form = agreed(office, query)
    OutboxMessage.objects.waiting().update(dead_at=NOW)
    response = office.post(f"{BULK}?{query}", form)
    assert "La liste a changé entre-temps" in response.content.decode()
    assert "Renvoyer 2 envois?" in response.content.decode()
    assert OutboxMessage.objects.dead().count() == 2


def test_too_many_at_once_are_refused_with_a_way_on(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resending, "AT_ONCE", 1)
    for _ in range(2):
        make_event(URL, dead_at=NOW)
    page = office.get(f"{BULK}?id=all").content.decode()
    assert "C’est trop en une fois\xa0: au plus 1." in page
    assert "Oui, renvoyer" not in page
    office.post(f"{BULK}?id=all", {"count": "2", "seen": timezone.now().isoformat()})
    assert OutboxMessage.objects.dead().count() == 2


@pytest.mark.parametrize("form", [{}, {"count": "x", "seen": "hier"}, {"count": "1"}])
def test_an_agreement_that_was_tampered_with_sends_nothing(office: Client, form: dict[str, str]) -> None:
    make_event(URL, dead_at=NOW)
    assert office.post(f"{BULK}?id=all", form).status_code == 200
    assert OutboxMessage.objects.dead().count() == 1


def test_nothing_chosen_is_said(office: Client) -> None:
    assert "Aucun envoi n’est choisi." in office.get(BULK).content.decode()


@pytest.mark.parametrize("role", [Role.EDITOR, Role.STUDENT, Role.TUTOR])
def test_nobody_else_sends_many_again(role: str) -> None:
    make_event(URL, dead_at=NOW)
    client = logged_in(make_user(role))
    for method in (client.get, client.post):
        response = method(f"{BULK}?id=all")
        assert response.status_code in {302, 403}
    assert OutboxMessage.objects.dead().count() == 1


def test_the_list_offers_to_send_again_and_not_to_delete(office: Client) -> None:
    make_event(URL)
    page = office.get(address("list")).content.decode()
    assert BULK in page
    assert reverse("wagtail_bulk_action", args=["notifications", "outboxmessage", "delete"]) not in page


# The days


def at(day: int, hour: int, **fields: object) -> None:
    event = make_event(URL)
    OutboxMessage.objects.filter(pk=event.pk).update(
        created_at=datetime(2026, 12, day, hour, tzinfo=UTC), **fields
    )


def test_each_day_says_what_was_delivered_late_and_given_up() -> None:
    at(7, 15, delivered_at=datetime(2026, 12, 7, 15, 0, 50, tzinfo=UTC))
    at(7, 15, delivered_at=datetime(2026, 12, 7, 15, 1, 10, tzinfo=UTC))
    at(7, 15, dead_at=NOW)
    at(7, 15)
    at(7, 15, moot_at=NOW)
    at(7, 4, delivered_at=datetime(2026, 12, 7, 4, 0, 1, tzinfo=UTC))  # still Sunday in Toronto
    days = figures.daily(now=NOW)
    assert [day.day for day in days][::29] == [date(2026, 11, 8), date(2026, 12, 7)]
    assert days[-1] == figures.Day(date(2026, 12, 7), on_time=1, late=1, dead=1, waiting=1)
    assert days[-2] == figures.Day(date(2026, 12, 6), on_time=1)
    assert figures.total(days) == figures.Day(date(2026, 11, 8), on_time=2, late=1, dead=1, waiting=1)
    assert (days[-1].delivered, days[-1].total) == (2, 4)


def test_the_list_draws_the_days_and_writes_them_out(office: Client) -> None:
    make_event(URL, dead_at=NOW)
    page = office.get(address("list")).content.decode()
    assert "<b>1</b> abandonné" in page
    assert page.count('<rect class="dead"') == 1
    assert page.count('<rect class="empty"') == 30
    today = timezone.localdate()
    assert f"?created_at_from={today}&amp;created_at_to={today}" in page
    fragment = office.get(address("list_results")).content.decode()
    assert "daily" not in fragment


# One message


def test_a_message_shows_each_attempt_with_its_answer(office: Client) -> None:
    event = make_event(URL, attempts=2)
    ended = {"message": event, "started_at": NOW, "ended_at": NOW + timedelta(seconds=1.5)}
    DeliveryAttempt.objects.create(number=1, error="ConnectTimeout: rien", **ended)
    DeliveryAttempt.objects.create(number=2, status=503, answer="<script>panne</script>", **ended)
    DeliveryAttempt.objects.create(message=event, number=3, started_at=NOW)
    page = office.get(address("inspect", event.pk)).content.decode()
    for said in ("ConnectTimeout: rien", "503", "&lt;script&gt;panne&lt;/script&gt;", "1,5\xa0s", "En cours"):
        assert said in page, said
    assert "<script>panne" not in page
