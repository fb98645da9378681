"""From a request to an answer: who may ask, what was asked before, and which part of the sandbox answers."""

from __future__ import annotations

import base64
import binascii
import copy
import hashlib
import json
import re
import time
from collections.abc import Callable

from payments.sandbox import charges, customers, disputes, events, forms, intents, methods, refunds, tokens
from payments.sandbox.account import API_VERSION, Account, Call
from payments.sandbox.control import Control
from payments.sandbox.errors import ApiError, idempotency, invalid, unauthorized
from payments.sandbox.messages import Request, Response, as_json
from payments.sandbox.pages import challenge_answer, challenge_page, front_page, static_file
from payments.sandbox.receiver import Receiver
from payments.sandbox.store import Json, new_id, timestamp

KEYS_LAST = 24 * 60 * 60
LONGEST_KEY = 255
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "authorization, content-type, stripe-version, idempotency-key",
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Max-Age": "600",
}


Endpoint = Callable[..., Json]
# What an address does, and whether a browser's publishable key is enough.
ROUTES: list[tuple[str, re.Pattern[str], Endpoint, bool]] = [
    (method, re.compile(pattern), endpoint, public)
    for method, pattern, endpoint, public in (
        ("POST", r"/v1/confirmation_tokens", tokens.create_token, True),
        ("GET", r"/v1/confirmation_tokens/(\w+)", tokens.retrieve_token, False),
        ("POST", r"/v1/customers", customers.create_customer, False),
        ("GET", r"/v1/customers/(\w+)", customers.retrieve_customer, False),
        ("GET", r"/v1/customers/(\w+)/payment_methods", customers.list_methods_of, False),
        ("GET", r"/v1/payment_methods", methods.list_methods, False),
        ("GET", r"/v1/payment_methods/(\w+)", methods.retrieve_method, False),
        ("POST", r"/v1/payment_methods/(\w+)/detach", methods.detach_method, False),
        ("POST", r"/v1/payment_intents", intents.create_intent, False),
        ("GET", r"/v1/payment_intents/(\w+)", intents.retrieve_intent, True),
        ("POST", r"/v1/payment_intents/(\w+)", intents.update_intent, False),
        ("POST", r"/v1/payment_intents/(\w+)/confirm", intents.confirm_intent, False),
        ("POST", r"/v1/payment_intents/(\w+)/cancel", intents.cancel_intent, False),
        ("POST", r"/v1/refunds", refunds.create_refund, False),
        ("GET", r"/v1/refunds", refunds.list_refunds, False),
        ("GET", r"/v1/refunds/(\w+)", refunds.retrieve_refund, False),
        ("POST", r"/v1/refunds/(\w+)/cancel", refunds.cancel_refund, False),
        ("GET", r"/v1/disputes/(\w+)", disputes.retrieve_dispute, False),
        ("GET", r"/v1/charges", charges.list_charges, False),
        ("GET", r"/v1/charges/(\w+)", charges.retrieve_charge, False),
        ("GET", r"/v1/events", events.list_events, False),
        ("GET", r"/v1/events/(\w+)", events.retrieve_event, False),
    )
]


class App:
    def __init__(self, account: Account, receiver: Receiver) -> None:
        self.account = account
        self.receiver = receiver
        self.control = Control(account, receiver)

    def __call__(self, request: Request) -> Response:
        if request.path.startswith("/v1/"):
            return self._api(request)
        if request.path.startswith("/_control/"):
            return self._control(request)
        if request.path.startswith("/recepteur/"):
            return self._receive(request)
        if request.path.startswith("/3d_secure/"):
            return self._challenge(request)
        if request.method == "GET":
            page = front_page() if request.path == "/" else static_file(request.path)
            if page:
                return Response(200, page.body, page.headers)
        return as_json(404, invalid("Unrecognized request URL.", status=404).body)

    def _api(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(204, b"", CORS)
        request_id = new_id("req")
        if self.account.latency:
            time.sleep(self.account.latency)
        failure = self.control.failure_for(request)
        response = failure.happen() if failure and not failure.after else None
        if response is None:
            response = self._answer(request, request_id, slow=failure.working if failure else 0.0)
        if failure and failure.after:
            response = failure.happen() or response
        response.headers |= {"Request-Id": request_id, "Stripe-Version": API_VERSION, **CORS}
        return response

    def _answer(self, request: Request, request_id: str, *, slow: float) -> Response:
        try:
            public = _authenticate(request)
            version = request.headers.get("stripe-version", API_VERSION)
            if version != API_VERSION:
                raise invalid(f"Invalid Stripe API version: {version}", executed=False)
            endpoint, arguments = _route(request, public)
            params = forms.parse(request.query if request.method == "GET" else request.body.decode())
            call = Call(params, request_id, request.headers.get("idempotency-key"), public)
            if request.method == "POST" and call.idempotency_key:
                return self._once(request, call, endpoint, arguments, slow)
            time.sleep(slow)
            with self.account.store.lock:
                return as_json(200, endpoint(self.account, call, *arguments))
        except ApiError as error:
            return as_json(error.status, error.body_for(request_id))

    def _once(
        self, request: Request, call: Call, endpoint: Endpoint, arguments: tuple[str, ...], slow: float
    ) -> Response:
        """Do it, or say again what was said to the same key. A failure is remembered like a success."""
        store = self.account.store
        key = call.idempotency_key or ""
        if len(key) > LONGEST_KEY:
            raise idempotency(f"Idempotency keys can be at most {LONGEST_KEY} characters.", status=400)
        asked = {
            "id": key,
            "path": request.path,
            "asked": hashlib.sha256(request.body).hexdigest(),
            "at": timestamp(),
            "status": None,
        }
        with store.lock:
            known = store.get("idempotency", key)
            if known and known["at"] > timestamp() - KEYS_LAST:
                return _replay(known, asked)
            store.put("idempotency", asked)
        time.sleep(slow)
        with store.lock:
            try:
                status, body = 200, endpoint(self.account, call, *arguments)
            except ApiError as error:
                status, body = error.status, error.body_for(call.request_id)
                if not error.executed:
                    store.forget("idempotency", key)
                    return as_json(status, body)
            except BaseException:
                store.forget("idempotency", key)
                raise
            answered = {"status": status, "body": copy.deepcopy(body), "request": call.request_id}
            store.put("idempotency", asked | answered)
            response = as_json(status, body)
            response.headers["Idempotency-Key"] = key
            return response

    def _control(self, request: Request) -> Response:
        # A page of another origin can't send JSON without asking first, and asking is not answered here.
        if request.method == "POST" and request.headers.get("content-type") != "application/json":
            return as_json(415, {"error": "application/json"})
        try:
            wanted: Json = json.loads(request.body or b"{}") if request.method == "POST" else {}
            return as_json(200, self.control(request.path.removeprefix("/_control/"), wanted))
        except ApiError as error:
            return as_json(error.status, error.body)
        except (KeyError, TypeError, ValueError) as error:
            return as_json(400, {"error": f"{type(error).__name__}: {error}"})

    def _receive(self, request: Request) -> Response:
        name = request.path.removeprefix("/recepteur/").strip("/")
        if request.method == "POST" and name:
            status = self.receiver.take(name, request.headers, request.body)
            return as_json(status, {"received": 200 <= status < 300})
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            page = self.receiver.page(name)
            return Response(200, page.body, page.headers)
        return as_json(200, {"calls": self.receiver.calls(name)})

    def _challenge(self, request: Request) -> Response:
        _, _, intent_id, challenge, *_ = [*request.path.split("/"), ""]
        with self.account.store.lock:
            if request.method == "POST":
                answer = forms.parse(request.body.decode()).get("answer")
                page = challenge_answer(self.account, intent_id, challenge, answer == "authorise")
            else:
                page = challenge_page(self.account, intent_id, challenge)
        return Response(page.status, page.body, page.headers)


def _route(request: Request, public: bool) -> tuple[Endpoint, tuple[str, ...]]:
    for method, pattern, endpoint, open_to_browsers in ROUTES:
        if method == request.method and (match := pattern.fullmatch(request.path)):
            if public and not open_to_browsers:
                raise ApiError(
                    401,
                    {
                        "code": "secret_key_required",
                        "message": "This API call cannot be made with a publishable API key. Please use a "
                        "secret API key.",
                        "type": "invalid_request_error",
                    },
                    executed=False,
                )
            return endpoint, match.groups()
    raise invalid(f"Unrecognized request URL ({request.method}: {request.path}).", status=404, executed=False)


def _authenticate(request: Request) -> bool:
    """Whether it is a browser that asks (publishable key). Any test key is this sandbox's."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            given = ""
    given = given or str(forms.parse(request.query).get("key", ""))
    if not given:
        raise unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, "
            "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
    if re.fullmatch(r"sk_test_\w+", given):
        return False
    if re.fullmatch(r"pk_test_\w+", given):
        return True
    raise unauthorized(f"Invalid API Key provided: {given[:8]}{'*' * max(0, len(given) - 12)}{given[-4:]}")


def _replay(known: Json, asked: Json) -> Response:
    key = known["id"]
    if known["path"] != asked["path"]:
        raise idempotency(
            "Keys for idempotent requests can only be used for the same endpoint they were first used for "
            f"('{asked['path']}' vs '{known['path']}'). Try using a key other than '{key}' if you meant to "
            "execute a different request.",
            status=400,
        )
    if known["asked"] != asked["asked"]:
        raise idempotency(
            "Keys for idempotent requests can only be used with the same parameters they were first used "
            f"with. Try using a key other than '{key}' if you meant to execute a different request.",
            status=400,
        )
    if known["status"] is None:
        raise idempotency(
            "There is currently another in-progress request using this Idempotent Key (that probably means "
            f"you submitted twice, and the other request is still going through): {key}",
            status=409,
            code="idempotency_key_in_use",
        )
    response = as_json(known["status"], known["body"])
    response.headers |= {
        "Idempotency-Key": key,
        "Idempotent-Replayed": "true",
        "Original-Request": known["request"],
    }
    return response
