"""One event over HTTP: what goes out, what comes back, and where it never goes."""

from __future__ import annotations

import socket
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from standardwebhooks import Webhook

from notifications import network, webhooks
from notifications.rules import Answer
from tests.notifications.support import NOW, Receiver

EVENT: dict[str, Any] = {"event_id": "7b1c0a52-3f0e-4a4c-9d5f-0d6f1f4b8f11", "type": "signup", "now": NOW}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def test_the_body_is_exactly_the_documented_one(make: Receiver) -> None:
    answer = webhooks.send(url=make.url, payload={"first_name": "Zoé", "total_cad": 45.5}, **EVENT)
    assert answer == Answer(delivered=True, status=200, text="Accepted")
    (request,) = make.requests
    assert request.path == "/crochet"
    assert request.body.decode() == (
        '{"type":"signup","event_id":"7b1c0a52-3f0e-4a4c-9d5f-0d6f1f4b8f11","sent_at":"2026-12-07T19:30:00Z",'
        '"payload":{"first_name":"Zoé","total_cad":45.5}}'
    )
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.headers["user-agent"] == "Fanal-Webhooks/1"
    assert "webhook-signature" not in request.headers


def test_a_signature_that_the_standard_library_accepts(make: Receiver, settings: Settings) -> None:
    settings.MAKE_WEBHOOK_SECRET = SECRET
    webhooks.send(url=make.url, payload={"first_name": "Zoé"}, **EVENT | {"now": timezone.now()})
    (request,) = make.requests
    assert Webhook(SECRET).verify(request.body, request.headers)["payload"] == {"first_name": "Zoé"}
    assert request.headers["webhook-id"] == EVENT["event_id"]
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(OLD_SECRET).verify(request.body, request.headers)


def test_two_secrets_both_sign_while_one_replaces_the_other(make: Receiver, settings: Settings) -> None:
    settings.MAKE_WEBHOOK_SECRET = f"{SECRET} {OLD_SECRET}"
    webhooks.send(url=make.url, payload={}, **EVENT | {"now": timezone.now()})
    (request,) = make.requests
    Webhook(SECRET).verify(request.body, request.headers)
    Webhook(OLD_SECRET).verify(request.body, request.headers)


@pytest.mark.parametrize("status", [300, 400, 404, 429, 500, 503])
def test_what_is_not_2xx_is_a_failure(make: Receiver, status: int) -> None:
    make.will_answer(status, body=b"non\x00 merci")
    assert webhooks.send(url=make.url, payload={}, **EVENT) == Answer(
        delivered=False, status=status, text="non\N{REPLACEMENT CHARACTER} merci"
    )


def test_gone_is_for_ever(make: Receiver) -> None:
    make.will_answer(410)
    answer = webhooks.send(url=make.url, payload={}, **EVENT)
    assert answer.permanent
    assert answer.gone


def test_retry_after_is_read(make: Receiver) -> None:
    make.will_answer(429, {"Retry-After": "90"})
    assert webhooks.send(url=make.url, payload={}, **EVENT).retry_after == timedelta(seconds=90)


def test_a_redirect_is_not_followed(make: Receiver) -> None:
    make.will_answer(307, {"Location": make.url + "/ailleurs"})
    assert not webhooks.send(url=make.url, payload={}, **EVENT).delivered
    assert [request.path for request in make.requests] == ["/crochet"]


def test_a_long_answer_is_cut(make: Receiver) -> None:
    make.will_answer(500, body=b"x" * 5_000_000)
    assert webhooks.send(url=make.url, payload={}, **EVENT).text == "x" * 2000


def test_an_endless_answer_is_left_after_64_kilobytes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        sent = 0

        def pour() -> None:
            nonlocal sent
            connection, _ = server.accept()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            try:
                while sent < 50_000_000:
                    sent += connection.send(b"x" * 65536)
            except OSError:
                connection.close()

        thread = threading.Thread(target=pour, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        assert webhooks.send(url=url, payload={}, **EVENT).delivered
        thread.join(5)
        assert sent < 20_000_000  # what the sockets' buffers hold


def test_nobody_there_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    answer = webhooks.send(url=f"http://127.0.0.1:{port}/", payload={}, **EVENT)
    assert (answer.delivered, answer.status) == (False, None)
    assert answer.error.startswith("ConnectError")


def test_silence_is_a_failure_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks._client(), "timeout", webhooks.httpx.Timeout(0.2))
    with socket.create_server(("127.0.0.1", 0)) as server:
        started = time.monotonic()
        answer = webhooks.send(url=f"http://127.0.0.1:{server.getsockname()[1]}/", payload={}, **EVENT)
    assert not answer.delivered
    assert answer.error.startswith("ReadTimeout")
    assert time.monotonic() - started < 8


def trickle(answer: bytes, *, after: bytes = b"") -> str:
    """A receiver that says `after` at once, then drips `answer`, a byte every tenth of a second, once."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with server:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(after)
                try:
                    for byte in answer:
                        connection.sendall(bytes([byte]))
                        time.sleep(0.1)
                except OSError:
                    pass

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}/"


def test_an_attempt_has_its_time_however_an_answer_drips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "PATIENCE", 0.5)
    started = time.monotonic()
    answer = webhooks.send(url=trickle(b"HTTP/1.1 200 OK" * 9), payload={}, **EVENT)
    assert (answer.delivered, answer.status) == (False, None)
    assert answer.error.startswith("ReadTimeout")
    assert time.monotonic() - started < 8  # the whole answer would take 13


def test_who_has_said_its_status_has_answered_however_its_text_drips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "PATIENCE", 0.5)
    url = trickle(b"x" * 99, after=b"HTTP/1.1 202 Accepted\r\n\r\n")
    answer = webhooks.send(url=url, payload={}, **EVENT)
    assert (answer.delivered, answer.status) == (True, 202)
    assert set(answer.text) == {"x"}


def test_a_name_server_that_is_silent_takes_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "LOOKUP", 0.2)
    silence = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: silence.wait(30))
    started = time.monotonic()
    answer = webhooks.send(url="https://muet.exemple.com/", payload={}, **EVENT)
    assert answer.error == "ConnectTimeout: muet.exemple.com: the name server does not answer"
    silence.set()
    assert time.monotonic() - started < 10


def test_one_connection_serves_one_event_after_another(make: Receiver) -> None:
    for _ in range(5):
        assert webhooks.send(url=make.url, payload={}, **EVENT).delivered
    assert len({request.port for request in make.requests}) == 1


def test_what_a_receiver_echoes_of_our_secrets_is_not_kept(make: Receiver, settings: Settings) -> None:
    settings.MAKE_WEBHOOK_SECRET = SECRET
    secret_path = "k3j4h5g6f7d8s9a0"
    body = f"no {SECRET}, no {SECRET.removeprefix('whsec_')}, no /crochet/{secret_path}?cle=pqrstuvwx&a=b"
    make.will_answer(404, body=body.encode())
    url = f"{make.url}/{secret_path}?cle=pqrstuvwx&a=b"
    assert webhooks.send(url=url, payload={}, **EVENT).text == "no …, no …, no /crochet/…?cle=…&a=b"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",  # noqa: S104
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "[fe80::1]",
        "[fc00::1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::10.0.0.1]",
        "[2002:7f00:1::]",
        "224.0.0.1",
        "[ff02::1]",
        "[::]",
        "[::127.0.0.1]",
        "[fec0::1]",
        "[64:ff9b:1::7f00:1]",
        "198.18.0.1",
        "192.0.0.8",
        "255.255.255.255",
    ],
)
def test_private_addresses_are_refused_however_they_are_written(settings: Settings, host: str) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    answer = webhooks.send(url=f"https://{host}/", payload={}, **EVENT)
    assert not answer.delivered
    assert answer.error.endswith("is not public")


def test_a_name_is_resolved_once_and_its_checked_address_called(
    make: Receiver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that answers with a public address first and a private one next gets nowhere."""
    answers = iter(["203.0.113.7", "127.0.0.1"])
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host != "rebond.exemple.com":
            return real(host, *args, **kwargs)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 0))]

    connected: list[str] = []

    def connect(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError

    settings.WEBHOOKS_ALLOW_PRIVATE = False
    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(network, "refuse_private", lambda address: asked.append(address))
    webhooks.send(url="https://rebond.exemple.com/", payload={}, **EVENT)
    assert asked == ["rebond.exemple.com", "203.0.113.7"]
    assert connected == ["203.0.113.7"]


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 0)) for ip in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    answer = webhooks.send(url="https://mixte.exemple.com/", payload={}, **EVENT)
    assert answer.error == "the address 10.0.0.1 is not public"


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_public_addresses_pass(address: str) -> None:
    network.refuse_private(address)


@pytest.mark.parametrize(
    "url", ["http://hook.exemple.com/", "ftp://hook.exemple.com/", "hook", "https://", "https://["]
)
def test_only_https_is_called_where_private_addresses_are_refused(settings: Settings, url: str) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    answer = webhooks.send(url=url, payload={}, **EVENT)
    assert not answer.delivered
    assert answer.error


def test_a_host_is_called_so_often_a_second_and_no_more(settings: Settings) -> None:
    settings.WEBHOOKS_PER_SECOND = 5
    host = f"https://lent-{time.time_ns()}.exemple.com/"
    started = time.monotonic()
    for _ in range(12):
        assert webhooks.wait_for_turn(host)
    assert time.monotonic() - started > 1


def test_without_redis_nothing_is_throttled(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = webhooks.redis.Redis.from_url("redis://127.0.0.1:1/0")
    monkeypatch.setattr(webhooks, "_redis", lambda: nowhere)
    settings.WEBHOOKS_PER_SECOND = 1
    assert webhooks.wait_for_turn("https://a.exemple.com/")
    assert webhooks.wait_for_turn("https://a.exemple.com/")
