"""Who is believed at the webhook's address: only Stripe, only now, only in our mode."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from payments.models import StripeEvent
from payments.services import webhooks

pytestmark = pytest.mark.django_db
ADDRESS = "/stripe/webhook/"
NEW, OLD, STRANGER = "whsec_new", "whsec_old", "whsec_stranger"
EVENT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "type": "customer.created",
    "livemode": False,
    "api_version": "2026-10-28.endive",
    "data": {"object": {"id": "cus_1", "object": "customer"}},
}
BODY = json.dumps(EVENT, indent=2).encode()


def v1(secret: str, *, at: int, body: bytes = BODY) -> str:
    return hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()


def signed(secret: str = NEW, *, ago: int = 0, body: bytes = BODY) -> str:
    at = int(time.time()) - ago
    return f"t={at},v1={v1(secret, at=at, body=body)}"


def at_now(header: str) -> str:
    """A header with {t} for now, and {new}, {old}, {stranger} for what each secret signs now."""
    at = int(time.time())
    return header.format(t=at, new=v1(NEW, at=at), old=v1(OLD, at=at), stranger=v1(STRANGER, at=at))


def post(header: str | None, body: bytes = BODY) -> int:
    headers = {} if header is None else {"Stripe-Signature": header}
    client = Client(raise_request_exception=False)
    return client.post(ADDRESS, body, content_type="application/json", headers=headers).status_code


@pytest.fixture(autouse=True)
def secrets(settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_ours"
    settings.STRIPE_WEBHOOK_SECRETS = [NEW]


@pytest.mark.parametrize(
    ("header", "status"),
    [
        pytest.param("t={t},v1={new}", 200, id="good"),
        pytest.param("t={t},v1={stranger},v1={new}", 200, id="one of two is good"),
        pytest.param("t={t},v1={new},v0={stranger}", 200, id="an older scheme beside it"),
        pytest.param("t={t}, v1={new}", 400, id="not as Stripe writes it"),
        pytest.param("t={t},v1={stranger}", 400, id="somebody else's secret"),
        pytest.param("t={t},v1={old}", 400, id="a secret that was retired"),
        pytest.param("t={t},v0={new}", 400, id="an older scheme only"),
        pytest.param("t={t}", 400, id="no signature"),
        pytest.param("v1={new}", 400, id="no timestamp"),
        pytest.param("t=now,v1={new}", 400, id="a timestamp in words"),
        pytest.param("t=,v1=", 400, id="both empty"),
        pytest.param("t={t},v1=" + "0" * 64, 400, id="zeros"),
        pytest.param("t={t},v1=é", 400, id="not even ASCII"),
        pytest.param("nonsense", 400, id="nonsense"),
        pytest.param("", 400, id="empty"),
        pytest.param(None, 400, id="no header"),
    ],
)
def test_a_signature(header: str | None, status: int) -> None:
    assert post(header if header is None else at_now(header)) == status
    assert StripeEvent.objects.count() == (1 if status == 200 else 0)


@pytest.mark.parametrize(
    ("ago", "status"),
    [
        pytest.param(290, 200, id="almost five minutes old"),
        pytest.param(310, 400, id="more than five minutes old"),
        pytest.param(86_400, 400, id="of yesterday"),
        pytest.param(-290, 200, id="almost five minutes ahead"),
        pytest.param(-310, 400, id="more than five minutes ahead"),
        pytest.param(-31_536_000, 400, id="of next year"),
    ],
)
def test_a_timestamp(ago: int, status: int) -> None:
    assert post(signed(ago=ago)) == status
    assert StripeEvent.objects.count() == (1 if status == 200 else 0)


@pytest.mark.parametrize(
    ("ours", "header", "status"),
    [
        pytest.param([NEW, OLD], "t={t},v1={old}", 200, id="still signed by the old one"),
        pytest.param([NEW, OLD], "t={t},v1={new}", 200, id="already by the new one"),
        pytest.param([NEW, OLD], "t={t},v1={old},v1={new}", 200, id="by both"),
        pytest.param([OLD], "t={t},v1={new}", 400, id="we don't know the new one yet"),
        pytest.param([], "t={t},v1={new}", 400, id="we know none"),
    ],
)
def test_a_secret_that_is_being_rolled(settings: Settings, ours: list[str], header: str, status: int) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ours
    assert post(at_now(header)) == status
    assert StripeEvent.objects.count() == (1 if status == 200 else 0)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(BODY.replace(b"customer.created", b"customer.deleted"), id="another type"),
        pytest.param(BODY + b"\n", id="a line more"),
        pytest.param(json.dumps(EVENT).encode(), id="the same, written otherwise"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_body_that_is_not_what_was_signed(sent: bytes) -> None:
    assert post(signed(), sent) == 400
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"not json", id="not JSON"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="nothing in it"),
        pytest.param(b'{"id": "evt_1", "type": "x", "livemode": false, "data": null}', id="about nothing"),
    ],
)
def test_what_stripe_signed_and_is_no_event(body: bytes) -> None:
    assert post(signed(body=body), body) == 400
    assert not StripeEvent.objects.exists()


def test_it_takes_posts_only() -> None:
    assert Client().get(ADDRESS).status_code == 405


@pytest.mark.parametrize(
    ("key", "livemode", "outcome"),
    [
        pytest.param("sk_test_ours", False, "unknown_type", id="a test on a test site"),
        pytest.param("sk_live_ours", True, "unknown_type", id="real money on the real site"),
        pytest.param("rk_live_ours", True, "unknown_type", id="real money, a restricted key"),
        pytest.param("sk_test_ours", True, "other_mode", id="real money on a test site"),
        pytest.param("sk_live_ours", False, "other_mode", id="a test on the real site"),
        pytest.param("rk_live_ours", False, "other_mode", id="a test on the real site, a restricted key"),
    ],
)
def test_the_other_mode_is_recorded_and_ignored(
    settings: Settings, key: str, livemode: bool, outcome: str
) -> None:
    settings.STRIPE_SECRET_KEY = key
    body = json.dumps({**EVENT, "livemode": livemode}).encode()
    assert post(signed(body=body), body) == 200
    event = webhooks.handle(event_id="evt_1", now=timezone.now())
    assert (event.outcome, event.handled_at is not None) == (outcome, True)


def test_the_same_event_again_is_acknowledged_and_kept_once() -> None:
    assert [post(signed()) for _time in range(3)] == [200, 200, 200]
    event = StripeEvent.objects.get()
    assert (event.pk, event.payload, event.object_id, event.attempts) == ("evt_1", EVENT, "cus_1", 0)


def test_what_could_not_be_stored_is_not_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("the database is away")

    with monkeypatch.context() as broken:
        broken.setattr(StripeEvent.objects, "get_or_create", away)
        assert post(signed()) == 500
    assert not StripeEvent.objects.exists()
    assert post(signed()) == 200
