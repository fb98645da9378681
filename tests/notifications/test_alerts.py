"""The admins hear when a destination starts to fail and when it works again: once each."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import partial

import pytest

from accounts.models import User
from notifications.actors import NotDeliveredError, post_event
from notifications.alerts import tell_admins
from notifications.models import FailingDestination, OutboxMessage, StoppedDestination, host_of
from notifications.tasks import tell_of_lost_event
from tests.booking.racing import race
from tests.notifications.support import NOW, Receiver, make_event, make_mail, written

LATER = NOW + timedelta(hours=1)
URL = "https://hook.exemple.com/secret-du-crochet"
OTHER = "https://autre.exemple.org/secret-du-crochet"


def alerts(kind: str = "admin.failures") -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(type=kind).order_by("created_at"))


def test_a_mail_says_what_fails_without_the_secret_address(db: None, admin: User, editor: User) -> None:
    make_event(URL, attempts=10, dead_at=NOW, last_status=500, last_error="panne <b>")
    make_event(URL, attempts=5, available_at=LATER)
    make_event(URL, attempts=4, available_at=LATER)
    make_event(URL)
    make_mail()
    ticket = make_event(URL, attempts=9, available_at=LATER)
    OutboxMessage.objects.filter(pk=ticket.pk).update(type="ticket.created")
    assert tell_admins(now=NOW) == 1
    (mail,) = written(*alerts(), now=NOW)
    assert (mail.to, mail.subject) == (
        "direction@exemple.ca",
        "Les envois vers hook.exemple.com échouent",
    )
    text, html = mail.text, mail.html
    assert "- signup → hook.exemple.com\xa0: 2 en attente, 1 abandonné (500 panne <b>)\n" in text
    assert "- ticket.created → hook.exemple.com\xa0: 1 en attente\n" in text
    assert "http://127.0.0.1:8000/admin/snippets/notifications/outboxmessage/" in text
    assert "panne &lt;b&gt;" in html
    assert "secret-du-crochet" not in text + html


def test_one_mail_at_the_start_however_long_it_lasts_and_however_much_fails(db: None, admin: User) -> None:
    make_event(URL, attempts=5)
    assert tell_admins(now=NOW) == 1
    for hours in range(1, 76):
        make_event(URL, attempts=10, dead_at=NOW + timedelta(hours=hours))
        assert tell_admins(now=NOW + timedelta(hours=hours)) == 0


def test_another_destination_is_told_on_its_own(db: None, admin: User) -> None:
    make_event(URL, attempts=5)
    assert tell_admins(now=NOW) == 1
    make_event(OTHER, attempts=5)
    assert tell_admins(now=LATER) == 1
    _, second = written(*alerts(), now=LATER)
    assert second.subject == "Les envois vers autre.exemple.org échouent"
    assert "hook.exemple.com" not in second.text


def test_what_starts_together_is_told_in_one(db: None, admin: User) -> None:
    make_event(URL, attempts=5)
    make_event(OTHER, dead_at=NOW, attempts=10)
    assert tell_admins(now=NOW) == 1
    (mail,) = written(*alerts(), now=NOW)
    assert mail.subject == "Les envois vers 2 destinations échouent"


def test_one_mail_when_it_works_again_and_the_next_failure_is_a_new_one(db: None, admin: User) -> None:
    stuck = make_event(URL, attempts=5)
    make_event(URL, attempts=10, dead_at=NOW - timedelta(minutes=1))
    tell_admins(now=NOW)
    # Something arrives, and the first is still stuck: nothing to say yet.
    arrived = make_event(URL, delivered_at=NOW + timedelta(minutes=5))
    assert tell_admins(now=NOW + timedelta(minutes=10)) == 0
    OutboxMessage.objects.filter(pk=stuck.pk).update(delivered_at=NOW + timedelta(minutes=15))
    assert tell_admins(now=NOW + timedelta(minutes=20)) == 1
    assert tell_admins(now=NOW + timedelta(minutes=30)) == 0
    (mail,) = written(*alerts("admin.works_again"), now=NOW + timedelta(minutes=20))
    assert mail.subject == "Les envois vers hook.exemple.com arrivent de nouveau"
    assert "- hook.exemple.com (en panne depuis le lundi 7 décembre 2026, 14 h 30)" in mail.text.replace(
        "\xa0", " "
    )
    assert "1 envoi abandonné attend encore que vous le renvoyiez" in mail.text
    assert "secret-du-crochet" not in mail.text + mail.html
    OutboxMessage.objects.filter(pk=arrived.pk).update(delivered_at=None, attempts=5)
    assert tell_admins(now=LATER) == 1
    assert len(alerts()) == 2


def test_nothing_works_again_before_something_arrives(db: None, admin: User) -> None:
    make_event(URL, delivered_at=NOW - timedelta(hours=1))
    event = make_event(URL, attempts=5)
    tell_admins(now=NOW)
    OutboxMessage.objects.filter(pk=event.pk).update(attempts=0)  # sent again by hand
    assert tell_admins(now=LATER) == 0
    assert FailingDestination.objects.count() == 1


def test_nothing_is_said_of_a_hiccup_nor_of_what_was_given_up_and_is_past(db: None, admin: User) -> None:
    make_event(URL, attempts=4)
    make_event(OTHER, attempts=10, dead_at=NOW - timedelta(days=8))
    make_event(URL, attempts=10, dead_at=NOW - timedelta(hours=2))
    make_event(URL, attempts=7, delivered_at=NOW - timedelta(hours=1))
    assert tell_admins(now=NOW) == 0


def test_a_destination_that_is_gone_is_told_at_once(db: None, admin: User) -> None:
    make_event(URL)
    StoppedDestination.objects.create(url=URL, stopped_at=NOW)
    assert tell_admins(now=NOW) == 1
    (mail,) = written(*alerts(), now=NOW)
    assert "hook.exemple.com a répondu que plus personne n’écoute (410)" in mail.text


def test_a_mail_that_is_refused_for_ever_is_told_with_its_address(db: None, admin: User) -> None:
    mail = make_mail()
    OutboxMessage.objects.filter(pk=mail.pk).update(dead_at=NOW, last_status=550, last_error="inconnue")
    assert tell_admins(now=NOW) == 1
    assert written(*alerts(), now=NOW)[0].subject == "Les envois vers zoe@exemple.ca échouent"


def test_what_works_again_before_the_mail_goes_out_is_not_told(db: None, admin: User) -> None:
    event = make_event(URL, attempts=6)
    assert tell_admins(now=NOW) == 1
    OutboxMessage.objects.filter(pk=event.pk).update(delivered_at=LATER)
    tell_admins(now=LATER)
    assert written(*alerts(), now=LATER) == []


def test_an_event_that_leaves_no_row_is_told_of_once_when_given_up_and_when_the_next_arrives(
    db: None, admin: User, make: Receiver
) -> None:
    make.will_answer(500)
    with pytest.raises(NotDeliveredError):
        post_event("course.updated", "an-id", {})
    assert post_event.options["on_retry_exhausted"] == tell_of_lost_event.actor_name
    for _event in range(2):
        tell_of_lost_event({"args": ["course.updated", "an-id", {}]}, {"retries": 5, "max_retries": 5})
    (mail,) = written(*alerts())
    where = host_of(make.url)
    assert mail.subject == f"Les envois vers {where} échouent"
    assert f"- course.updated → {where}\xa0: abandonné" in mail.text
    assert tell_admins(now=NOW) == 0

    post_event("course.updated", "another-id", {})
    assert [tell_admins(now=LATER), tell_admins(now=LATER)] == [1, 0]
    assert written(*alerts("admin.works_again"))[0].subject.endswith("arrivent de nouveau")


@pytest.mark.parametrize("kind", ["admin.failures", "admin.works_again"])
def test_an_alert_that_fails_raises_no_alert(db: None, admin: User, kind: str) -> None:
    make_event(URL, attempts=7, available_at=NOW - timedelta(days=1))
    OutboxMessage.objects.update(type=kind)
    assert tell_admins(now=NOW) == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_who_notice_at_once_one_tells(admin: User) -> None:
    make_event(URL, attempts=5)

    def at_once(now: datetime) -> dict[int | Exception, int]:
        return Counter(race([partial(tell_admins, now=now)] * 4))

    assert at_once(NOW) == {0: 3, 1: 1}
    OutboxMessage.objects.filter(type="signup").update(delivered_at=LATER)
    assert at_once(LATER) == {0: 3, 1: 1}
    assert (len(alerts()), len(alerts("admin.works_again"))) == (1, 1)
