"""Making the network misbehave: `POST /_control/<name>` with JSON, `GET /_control/sent` and `/_control/idle`.

| name | JSON | then |
| --- | --- | --- |
| webhook | url, secrets | webhooks go there, signed by each of the secrets |
| drop | n, or nothing for all | the next n events are never sent |
| double | n, or nothing for all, times | the next n events are sent twice, or so often, at the same time |
| delay | seconds | events leave that much later |
| shuffle | n | n events are collected, then sent last one first; 0 sends what is collected |
| pause, resume | | nothing leaves; everything leaves |
| resend | event, or nothing for all that are undelivered | sent again |
| senders | n | so many events are under way at a time; more than one, and their order is anybody's guess |
| sent | | every attempt: event, type, object, attempt, status, error, at |
| idle | seconds | whether all is sent or given up, waiting that long at most |
| fail | path, method, n, and how | the next n calls whose address contains `path` fail, see below |
| failing | | how many calls are still to fail |
| latency | seconds | every call takes that much longer |
| processing | n | the next n payments stay in processing |
| intent | intent, succeeded | ends one that is in processing |
| card | payment_method, number | from now on that card behaves as the test card of that number |
| refund | status | next refunds get that status; with refund: moves that one |
| refunds | | what the banks say later of the refunds that wait for it, they say now |
| dashboard_refund | intent, amount | somebody refunds in Stripe's dashboard; no amount: all that is left |
| dispute | intent, reason, status, amount | the cardholder contests a payment; with dispute: moves that one |
| receiver | status, n | the receiver answers that to the next n calls |
| reset | | every control off |
| clear | | and everything forgotten |

How a call fails: after waiting `seconds` it gets `status` for an answer, or with `lost` none at all, and
nothing is done; with `after`, that happens once the work was done; with neither `status` nor `lost` it is
only slow. A status of success comes with a page of HTML, as from a broken proxy. `working` is how many
seconds the work itself takes, while its Idempotency-Key is in use.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from payments.sandbox import charges, disputes, intents, methods, refunds
from payments.sandbox.account import Account, Call
from payments.sandbox.errors import invalid
from payments.sandbox.messages import Request, Response, as_json
from payments.sandbox.receiver import Receiver
from payments.sandbox.store import Json
from payments.sandbox.webhooks import EVERYTHING

_UNKNOWN = {"message": "An unknown error occurred", "type": "api_error"}
_ERRORS = {
    409: {
        "code": "lock_timeout",
        "message": "This object cannot be accessed right now because another API request or Stripe process "
        "is currently accessing it.",
        "type": "invalid_request_error",
    },
    429: {
        "code": "rate_limit",
        "message": "Request rate limit exceeded. You can learn more about rate limits here "
        "https://stripe.com/docs/rate-limits.",
        "type": "invalid_request_error",
    },
}


@dataclass
class Failure:
    path: str
    method: str | None
    left: int
    status: int | None
    lost: bool
    seconds: float
    after: bool
    working: float

    def happen(self) -> Response | None:
        """What is answered in place of the truth, if anything is."""
        time.sleep(self.seconds)
        if self.lost:
            return Response(0, b"", lost=True)
        if self.status and self.status < 400:
            return Response(
                self.status, b"<!doctype html><title>Proxy</title>", {"Content-Type": "text/html"}
            )
        if self.status:
            return as_json(self.status, {"error": _ERRORS.get(self.status, _UNKNOWN)})
        return None


class Control:
    def __init__(self, account: Account, receiver: Receiver) -> None:
        self.account = account
        self.receiver = receiver
        self._failures: list[Failure] = []
        self._lock = threading.Lock()

    def __call__(self, name: str, wanted: Json) -> Json:
        handler = getattr(self, f"do_{name.replace('-', '_')}", None)
        if handler is None:
            raise invalid(f"No such control: {name}", status=404)
        return handler(**wanted) or {"ok": True}

    def failure_for(self, request: Request) -> Failure | None:
        with self._lock:
            for failure in self._failures:
                if failure.left and failure.path in request.path and failure.method in (None, request.method):
                    failure.left -= 1
                    return failure
        return None

    def do_fail(
        self,
        path: str = "/v1/",
        method: str | None = None,
        n: int = 1,
        status: int | None = None,
        lost: bool = False,
        seconds: float = 0.0,
        after: bool = False,
        working: float = 0.0,
    ) -> None:
        with self._lock:
            self._failures.append(Failure(path, method, n, status, lost, seconds, after, working))

    def do_failing(self) -> Json:
        with self._lock:
            return {"left": sum(failure.left for failure in self._failures)}

    def do_webhook(self, url: str | None, secrets: list[str] | None = None) -> None:
        self.account.webhooks.url = url
        if secrets is not None:
            self.account.webhooks.secrets = secrets

    def do_drop(self, n: int = EVERYTHING) -> None:
        self.account.webhooks.drop = n

    def do_double(self, n: int = EVERYTHING, times: int = 2) -> None:
        self.account.webhooks.double = n
        self.account.webhooks.times = times

    def do_delay(self, seconds: float) -> None:
        self.account.webhooks.delay = seconds

    def do_shuffle(self, n: int) -> None:
        self.account.webhooks.shuffle(n)

    def do_pause(self) -> None:
        self.account.webhooks.pause(True)

    def do_resume(self) -> None:
        self.account.webhooks.pause(False)

    def do_resend(self, event: str | None = None) -> Json:
        with self.account.store.lock:
            records = self.account.store.all("event")
            ids = [event] if event else [each["id"] for each in records if not each["delivered"]]
            for event_id in ids:
                self.account.webhooks.resend(event_id)
        return {"events": ids}

    def do_senders(self, n: int) -> None:
        self.account.webhooks.send_by(n)

    def do_sent(self) -> Json:
        return {"sent": list(self.account.webhooks.sent)}

    def do_idle(self, seconds: float = 5.0) -> Json:
        return {"idle": self.account.webhooks.wait_idle(seconds)}

    def do_latency(self, seconds: float) -> None:
        self.account.latency = seconds

    def do_processing(self, n: int) -> None:
        self.account.processing = n

    def do_intent(self, intent: str, succeeded: bool) -> None:
        with self.account.store.lock:
            intents.finish_processing(self.account, intent, succeeded)

    def do_refund(self, status: str | None, refund: str | None = None) -> None:
        if refund is None:
            self.account.refund_status = status
        else:
            with self.account.store.lock:
                refunds.move_refund(self.account, refund, status or "")

    def do_refunds(self) -> Json:
        with self.account.store.lock:
            return {"refunds": refunds.hear_banks(self.account)}

    def do_dashboard_refund(self, intent: str, amount: int | None = None) -> Json:
        params = {"payment_intent": intent} | ({"amount": str(amount)} if amount else {})
        with self.account.store.lock:
            return {"refund": refunds.create_refund(self.account, Call(params))["id"]}

    def do_dispute(
        self,
        intent: str | None = None,
        dispute: str | None = None,
        reason: str = "fraudulent",
        status: str = "needs_response",
        amount: int | None = None,
    ) -> Json:
        with self.account.store.lock:
            if dispute:
                return {"dispute": disputes.move_dispute(self.account, dispute, status)["id"]}
            charge = charges.succeeded(self.account, {"payment_intent": intent})
            opened = disputes.open_dispute(self.account, charge, reason=reason, status=status, amount=amount)
            return {"dispute": opened["id"]}

    def do_card(self, payment_method: str, number: str) -> None:
        with self.account.store.lock:
            method = methods.find(self.account, payment_method, param="payment_method", in_path=True)
            method["_test_card"] = number
            self.account.store.put("payment_method", method)

    def do_receiver(self, status: int, n: int = EVERYTHING) -> None:
        self.receiver.answer(status, n)

    def do_reset(self) -> None:
        with self._lock:
            self._failures.clear()
        self.account.behave()
        self.receiver.answer(200, 0)

    def do_clear(self) -> None:
        self.do_reset()
        with self.account.store.lock:
            self.account.webhooks.forget()
            self.account.store.clear()
            self.receiver.clear()
