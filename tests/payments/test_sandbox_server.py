"""The sandbox as a process: a crowd at once, restarts, and its end."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from config.settings.base import ROOT
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.test_sandbox import NEW, Merchant


@pytest.fixture
def merchant(stripe_sandbox: StripeSandbox) -> Merchant:
    return Merchant(stripe_sandbox)


def test_an_answer_takes_about_a_millisecond(merchant: Merchant) -> None:
    """So that what is measured against the sandbox is not the sandbox."""
    path = f"payment_intents/{merchant.paid_intent()['id']}"
    times = []
    for _ in range(200):
        begun = time.perf_counter()
        merchant.get(path)
        times.append(time.perf_counter() - begun)

    assert sorted(times)[100] < 0.01


def test_a_bank_has_its_later_word_by_itself_even_after_a_restart(
    journal: tuple[Path, list[StripeSandbox]],
) -> None:
    path, running = journal
    running.append(StripeSandbox(f"--state={path}"))  # whose banks wait to be told
    paid = Merchant(running[0]).paid_intent("4000000000007726")
    refund = Merchant(running[0]).post("refunds", {"payment_intent": paid["id"]}).json()
    assert refund["status"] == "pending"
    running[0].kill()

    running[0] = StripeSandbox(f"--state={path}", "--refund-wait=0.2")

    merchant = Merchant(running[0])
    for _ in range(100):
        if merchant.get(f"refunds/{refund['id']}").json()["status"] == "succeeded":
            break
        time.sleep(0.05)
    assert merchant.get(f"refunds/{refund['id']}").json()["status"] == "succeeded"


@pytest.mark.race
def test_hundreds_at_once_are_all_answered(stripe_sandbox: StripeSandbox) -> None:
    """300 connections open at the same time, each of which pays."""
    tokens = [stripe_sandbox.token() for _ in range(300)]
    # The client closes what was idle for five seconds even while a thread takes it up: never idle too long.
    limits = httpx.Limits(max_connections=300, keepalive_expiry=None)
    with httpx.Client(base_url=stripe_sandbox.base_url, limits=limits, timeout=60) as client:

        def pay(token: str) -> str:
            answer = client.post(
                "/v1/payment_intents",
                headers=stripe_sandbox.as_merchant,
                data=NEW | {"confirm": "true", "confirmation_token": token},
            )
            return str(answer.json()["status"])

        with ThreadPoolExecutor(300) as threads:
            statuses = list(threads.map(pay, tokens))

    assert statuses == ["succeeded"] * 300


@pytest.mark.race
def test_one_token_pays_one_of_many_intents(merchant: Merchant) -> None:
    token = merchant.sandbox.token()
    with ThreadPoolExecutor(20) as threads:
        answers = list(
            threads.map(
                lambda _: (
                    merchant.post(
                        "payment_intents", NEW | {"confirm": "true", "confirmation_token": token}
                    ).status_code
                ),
                range(20),
            )
        )

    assert sorted(answers) == [200] + [400] * 19


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[tuple[Path, list[StripeSandbox]]]:
    running: list[StripeSandbox] = []
    yield tmp_path / "var" / "stripe.jsonl", running
    for sandbox in running:
        sandbox.stop()


def test_a_restart_forgets_nothing(journal: tuple[Path, list[StripeSandbox]]) -> None:
    path, running = journal
    running.append(StripeSandbox(f"--state={path}"))
    first = Merchant(running[0])
    running[0].send_webhooks_to("http://127.0.0.1:9/")  # nobody is there
    paid = first.paid_intent()
    created = first.post("payment_intents", NEW, Idempotency_Key="pi:1").json()
    running[0].kill()
    with path.open("a") as file:
        file.write('["payment_intent", {"id": "pi_cut')

    running[0] = StripeSandbox(f"--state={path}")

    later = Merchant(running[0])
    assert later.get(f"payment_intents/{paid['id']}").json() == paid
    assert later.post("payment_intents", NEW, Idempotency_Key="pi:1").json() == created
    undelivered = later.get("events?delivery_success=false").json()["data"]
    assert len(undelivered) == 3
    running[0].send_webhooks_to(f"{running[0].receiver_url}/stripe")
    running[0].control("resend")
    assert running[0].idle()
    assert later.get("events?delivery_success=false").json()["data"] == []


@pytest.mark.parametrize("how", ["terminate", "let go"])
def test_it_stops_when_told_and_when_nobody_holds_it_any_more(how: str) -> None:
    process = StripeSandbox().process
    if how == "terminate":
        process.terminate()
    else:
        assert process.stdin
        process.stdin.close()

    assert process.wait(timeout=5) == 0


def test_a_port_in_use_is_one_clear_sentence(stripe_sandbox: StripeSandbox) -> None:
    port = urlsplit(stripe_sandbox.base_url).port
    second = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "payments.sandbox", f"--port={port}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
    )

    assert second.returncode == 1
    assert second.stderr == f"payments.sandbox: 127.0.0.1:{port}: Address already in use\n"
