"""The morning of the direction: yesterday's sales and what waits, once, to who wants it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.mail_topics import refuse
from accounts.models import MailTopic, Role, User
from notifications.composing import Mail
from notifications.models import OutboxMessage
from payments.digest import record_digest
from payments.models import Order, Refund, Review
from tests.factories import make_user
from tests.notifications.support import make_event, written
from tests.payments.sold import make_sold_lesson

pytestmark = pytest.mark.django_db

# Tuesday 12 January 2027, 7:00 in Toronto.
SEVEN = datetime(2027, 1, 12, 12, tzinfo=UTC)
MIDNIGHT = datetime(2027, 1, 12, 5, tzinfo=UTC)


def mails(now: datetime = SEVEN) -> list[Mail]:
    return written(*OutboxMessage.objects.filter(type="admin.digest"), now=now)


def order(at: datetime, *, total: str = "45.00", credits: str = "0.00", status: str = "paid") -> Order:  # noqa: A002
    made = Order.objects.create(
        number=f"digest-{Order.objects.count()}",
        status=status,
        user=make_user(),
        subtotal_cad=Decimal(total) + Decimal(credits),
        total_cad=Decimal(total),
        credits_cad=Decimal(credits),
    )
    Order.objects.filter(pk=made.pk).update(created_at=at)
    return made


def test_it_says_what_was_sold_yesterday_and_what_waits(admin: User) -> None:
    yesterday = order(MIDNIGHT - timedelta(seconds=1), total="30.00", credits="15.00")
    order(MIDNIGHT - timedelta(days=1), total="67.50", status="partially_refunded")
    order(MIDNIGHT, total="1000.00")
    order(MIDNIGHT - timedelta(days=1, seconds=1), total="1000.00")
    order(MIDNIGHT - timedelta(hours=3), total="1000.00", status="failed")
    refund = Refund.objects.create(
        order=yesterday, amount_cad=Decimal("20.00"), reason="x", source="admin", status="succeeded"
    )
    Refund.objects.filter(pk=refund.pk).update(created_at=MIDNIGHT - timedelta(hours=1))
    for number in range(2):
        Review.objects.create(kind=Review.Kind.DISPUTE, subject=f"dp_{number}", opened_at=SEVEN)
    Review.objects.create(kind=Review.Kind.MISMATCH, subject="pi", opened_at=SEVEN, resolved_at=SEVEN)
    make_event("https://hook.exemple.com/", dead_at=SEVEN)
    make_event("https://hook.exemple.com/", moot_at=SEVEN)
    make_event("https://hook.exemple.com/", dead_at=MIDNIGHT - timedelta(days=1, seconds=1))
    make_sold_lesson()  # at 14:30, and an order of today

    assert record_digest(now=SEVEN - timedelta(seconds=1)) == 0
    assert record_digest(now=SEVEN) == 1
    assert record_digest(now=SEVEN + timedelta(minutes=10)) == 0
    (mail,) = mails()
    assert mail.to == "direction@exemple.ca"
    assert mail.subject == "Le point du mardi 12 janvier 2027\xa0: 112,50\xa0$ vendus hier"
    assert "Commandes payées hier\xa0: 2" in mail.text
    assert "Remboursé hier\xa0: 20,00\xa0$" in mail.text
    assert "Cours aujourd’hui\xa0: 1" in mail.text
    assert "- Paiement contesté\xa0: 2" in mail.text
    assert "Paiement qui ne correspond pas" not in mail.text
    for body in (mail.text, mail.html):
        assert "112,50\xa0$ vendus hier." in body
        assert "Un envoi est abandonné depuis hier." in body
        assert "/admin/snippets/payments/review/" in body
    assert "List-Unsubscribe" in mail.headers


def test_a_morning_with_nothing_to_say_says_nothing(admin: User) -> None:
    assert record_digest(now=SEVEN) == 1
    assert mails() == []


def test_only_admins_who_want_it_get_it(admin: User, student: User, editor: User) -> None:
    other = make_user(Role.ADMIN)
    order(MIDNIGHT - timedelta(hours=1))
    refuse(user=other, topic=MailTopic.DIGEST)
    assert record_digest(now=SEVEN) == 1
    refuse(user=admin, topic=MailTopic.DIGEST)
    assert mails() == []


def test_days_without_a_worker_are_not_told_afterwards(admin: User) -> None:
    order(MIDNIGHT - timedelta(hours=1))
    record_digest(now=SEVEN)
    assert mails(SEVEN + timedelta(days=1)) == []
    assert record_digest(now=SEVEN + timedelta(days=3)) == 1
    assert record_digest(now=SEVEN + timedelta(days=4, hours=5)) == 0
