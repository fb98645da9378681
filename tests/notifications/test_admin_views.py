"""The outbox in the admin: admins read and send again, nobody else gets in, nobody writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings
from wagtail.models import ModelLogEntry
from wagtail.permissions import policy_registry

from accounts.models import Role, User
from notifications import delivery
from notifications.models import OutboxMessage
from tests.factories import logged_in, make_user
from tests.notifications.support import NOW, make_event, make_mail

NAMESPACE = "wagtailsnippets_notifications_outboxmessage"
URL = "https://hook.exemple.com/crochet"


def address(name: str, *args: Any) -> str:
    return reverse(f"{NAMESPACE}:{name}", args=args)


def all_addresses(pk: object) -> list[str]:
    """Every address that Wagtail has for the model, ours included."""
    _, resolver = get_resolver("wagtail.admin.urls").namespace_dict[NAMESPACE]
    patterns = [pattern for pattern in resolver.url_patterns if isinstance(pattern, URLPattern)]
    return [address(str(one.name), *([pk] if one.pattern.converters else [])) for one in patterns]


def test_the_addresses_under_test_are_those_that_exist(db: None) -> None:
    pk = "7b1c0a52-3f0e-4a4c-9d5f-0d6f1f4b8f11"
    prefix = "/admin/snippets/notifications/outboxmessage/"
    assert {prefix, f"{prefix}inspect/{pk}/", f"{prefix}renvoyer/", f"{prefix}renvoyer/{pk}/"} < set(
        all_addresses(pk)
    )
    assert {f"{prefix}add/", f"{prefix}edit/{pk}/", f"{prefix}delete/{pk}/"} < set(all_addresses(pk))


@pytest.mark.parametrize("role", [Role.EDITOR, Role.STUDENT, Role.TUTOR])
def test_nobody_but_admins_gets_in(db: None, role: str) -> None:
    event = make_event(URL, dead_at=NOW)
    client = logged_in(make_user(role))
    for url in all_addresses(event.pk):
        for method in (client.get, client.post):
            response = method(url)
            assert response.status_code in {302, 403}, url
            assert "hook.exemple.com" not in response.content.decode()
    event.refresh_from_db()
    assert event.status == OutboxMessage.Status.DEAD
    home = client.get("/admin/", follow=True).content.decode()
    assert "outboxmessage" not in home


def test_nobody_can_choose_messages_in_a_form(db: None, editor: User) -> None:
    make_event(URL)
    assert logged_in(editor).get("/admin/snippets/choose/notifications/outboxmessage/").status_code == 404


@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_writes_not_even_an_admin(db: None, admin: User, superuser: bool) -> None:
    admin.is_superuser = superuser
    admin.save()
    event = make_event(URL)
    client = logged_in(admin)
    for name, args in [("add", []), ("edit", [event.pk]), ("delete", [event.pk])]:
        for method in (client.get, client.post):
            assert method(address(name, *args)).status_code == 302
    bulk = reverse("wagtail_bulk_action", args=["notifications", "outboxmessage", "delete"])
    client.post(f"{bulk}?id={event.pk}")
    client.post(f"{bulk}?id=all")
    event.refresh_from_db()
    assert (event.type, event.destination) == ("signup", URL)
    policy = policy_registry.get_by_type(OutboxMessage)
    assert [
        action for action in ("view", "add", "change", "delete") if policy.user_has_permission(admin, action)
    ] == ["view"]
    assert list(policy.users_with_any_permission({"view", "change"})) == [admin]
    assert list(policy.users_with_any_permission({"change"})) == []


def test_the_list_says_what_went_where_and_how(office: Client) -> None:
    make_event(URL, attempts=3)
    make_event(URL, delivered_at=NOW)
    make_event(URL, dead_at=NOW)
    mail = make_mail(1)
    delivery.deliver(mail.pk, now=NOW)
    page = office.get(address("list")).content.decode()
    for said in [
        "Envois",
        "signup",
        "Courriel 1",
        "hook.exemple.com",
        "zoe@exemple.ca",
        "À livrer",
        "Livré",
        "Abandonné",
    ]:
        assert said in page
    assert URL not in page
    assert "Renvoyer les abandonnés" in page
    assert "bulk-actions" not in page.split("<table", 1)[1].split("</table>", 1)[0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "waiting"}, ["signup", "ticket.created"]),
        ({"status": "delivered"}, ["Courriel 1"]),
        ({"kind": "mail"}, ["Courriel 1"]),
        ({"type": "ticket.created"}, ["ticket.created"]),
        ({"q": "zoe@exemple"}, ["Courriel 1"]),
        ({"q": "ticket"}, ["ticket.created"]),
        ({"status": "dead"}, []),
    ],
)
def test_the_list_is_filtered_and_searched(office: Client, query: dict[str, str], found: list[str]) -> None:
    make_event(URL)
    other = make_event(URL)
    OutboxMessage.objects.filter(pk=other.pk).update(type="ticket.created", payload={"subject": "Aide"})
    delivery.deliver(make_mail(1).pk, now=NOW)
    response = office.get(address("list"), query)
    assert sorted(message.what for message in response.context["object_list"]) == sorted(found)


def test_the_list_asks_as_many_queries_for_40_rows_as_for_2(
    office: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_mail(0)
    make_event(URL)
    office.get(address("list"))
    with django_assert_max_num_queries(20) as few:
        office.get(address("list"))
    for number in range(19):
        make_mail(number)
        make_event(URL)
    with django_assert_max_num_queries(len(few)):
        office.get(address("list"))


def test_an_event_is_inspected_with_its_payload_and_last_answer(office: Client) -> None:
    event = make_event(URL, dead_at=NOW, attempts=10, last_status=500, last_error="<script>panne</script>")
    OutboxMessage.objects.filter(pk=event.pk).update(payload={"first_name": "Zoé", "items": [1]})
    page = office.get(address("inspect", event.pk)).content.decode()
    assert "{\n  &quot;items&quot;: [\n    1\n  ],\n  &quot;first_name&quot;: &quot;Zoé&quot;\n}" in page
    for said in [
        str(event.pk),
        "Abandonné",
        "500",
        "&lt;script&gt;panne&lt;/script&gt;",
        address("resend", event.pk),
    ]:
        assert said in page
    assert "<script>panne" not in page


def test_a_mail_that_waits_is_inspected_with_what_it_is_about(office: Client) -> None:
    page = office.get(address("inspect", make_mail(1).pk)).content.decode()
    assert "Ce courriel s’écrit au moment de partir" in page
    assert "&quot;subject&quot;: &quot;Courriel 1&quot;" in page


def test_a_mail_that_went_out_is_inspected_with_what_was_said(office: Client) -> None:
    message = make_mail(1)
    message.payload |= {"subject": "Votre réservation", "text": "Bonjour <script>alert(1)</script>"}
    message.delivered_at = NOW
    message.save()
    page = office.get(address("inspect", message.pk)).content.decode()
    assert "Votre réservation" in page
    assert "Bonjour &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


def test_a_mail_that_was_no_longer_to_be_said_is_told_from_one_given_up(office: Client) -> None:
    message = make_mail(1, moot=True)
    delivery.deliver(message.pk, now=NOW)
    assert "Sans objet" in office.get(address("list")).content.decode()
    assert "Devenu sans objet" in office.get(address("inspect", message.pk)).content.decode()
    assert list(office.get(address("list"), {"status": "moot"}).context["object_list"]) == [message]
    assert not office.get(address("list"), {"status": "dead"}).context["object_list"]


def test_sending_again_asks_first(office: Client) -> None:
    event = make_event(URL, dead_at=NOW, attempts=10)
    page = office.get(address("resend", event.pk)).content.decode()
    assert "Envoyer de nouveau «\xa0signup\xa0» à hook.exemple.com?" in page
    event.refresh_from_db()
    assert event.status == OutboxMessage.Status.DEAD


def test_sending_again_makes_it_due_where_its_type_goes_today_and_is_logged(
    office: Client,
    admin: User,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.MAKE_WEBHOOK_URLS = {**settings.MAKE_WEBHOOK_URLS, "SIGNUP": "https://nouveau.exemple.com/"}
    event = make_event(URL, dead_at=NOW, attempts=10)
    with django_capture_on_commit_callbacks() as callbacks:
        response = office.post(address("resend", event.pk), follow=True)
    assert len(callbacks) == 1
    assert "1 envoi repart." in response.content.decode()
    event.refresh_from_db()
    assert (event.status, event.attempts, event.dead_at) == (OutboxMessage.Status.WAITING, 0, None)
    assert event.destination == "https://nouveau.exemple.com/"
    assert abs(event.available_at - datetime.now(UTC)) < timedelta(seconds=30)
    entry = ModelLogEntry.objects.get()
    assert (entry.action, entry.user, entry.object_id) == ("notifications.resend", admin, str(event.pk))


def test_sending_again_what_was_delivered_keeps_its_id(office: Client) -> None:
    event = make_event(URL, delivered_at=NOW, attempts=1)
    assert "le recevra une deuxième fois" in office.get(address("resend", event.pk)).content.decode()
    office.post(address("resend", event.pk))
    assert OutboxMessage.objects.get().pk == event.pk
    assert OutboxMessage.objects.get().status == OutboxMessage.Status.WAITING


def test_what_is_being_delivered_is_left_alone(office: Client) -> None:
    lease = datetime.now(UTC) + timedelta(minutes=2)
    event = make_event(URL, attempts=3, lease_until=lease)
    response = office.post(address("resend", event.pk), follow=True)
    assert "Rien n’a été renvoyé" in response.content.decode()
    event.refresh_from_db()
    assert (event.attempts, event.lease_until) == (3, lease)


def test_all_that_was_given_up_goes_again_at_once(office: Client) -> None:
    dead = [make_event(URL, dead_at=NOW, attempts=10) for _ in range(3)]
    delivered = make_event(URL, delivered_at=NOW)
    assert (
        "Envoyer de nouveau les 3 envois abandonnés?" in office.get(address("resend_dead")).content.decode()
    )
    response = office.post(address("resend_dead"), follow=True)
    assert "3 envois repartent." in response.content.decode()
    assert set(OutboxMessage.objects.waiting()) == set(dead)
    assert list(OutboxMessage.objects.delivered()) == [delivered]
    assert "Aucun envoi n’est abandonné." in office.get(address("resend_dead")).content.decode()
