"""Stripe's error objects."""

from __future__ import annotations

from typing import Any

DOCS = "https://docs.stripe.com/error-codes"


class ApiError(Exception):
    """An answer other than 2xx. `executed` tells whether an Idempotency-Key remembers it: Stripe forgets what
    failed before the work began (authentication, parameters)."""

    def __init__(self, status: int, error: dict[str, Any], *, executed: bool = True) -> None:
        super().__init__(error.get("message"))
        self.status = status
        self.error = {key: value for key, value in error.items() if value is not None}
        self.executed = executed

    def body_for(self, request_id: str | None) -> dict[str, Any]:
        """The whole answer to a call: each points to its line in the merchant's log."""
        log = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": {**self.error, "request_log_url": log}}

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.error}


def invalid(
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    status: int = 400,
    payment_intent: dict[str, Any] | None = None,
    executed: bool = True,
) -> ApiError:
    return ApiError(
        status,
        {
            "code": code,
            "doc_url": f"{DOCS}/{code.replace('_', '-')}" if code else None,
            "message": message,
            "param": param,
            "payment_intent": payment_intent,
            "type": "invalid_request_error",
        },
        executed=executed,
    )


def bad_parameter(message: str, *, param: str, code: str | None = None) -> ApiError:
    return invalid(message, code=code, param=param, executed=False)


def missing(what: str, name: str, *, param: str, in_path: bool) -> ApiError:
    """Stripe says 404 when the address names nothing, 400 when a parameter does."""
    return invalid(
        f"No such {what}: '{name}'", code="resource_missing", param=param, status=404 if in_path else 400
    )


def unauthorized(message: str) -> ApiError:
    return ApiError(401, {"message": message, "type": "invalid_request_error"}, executed=False)


def idempotency(message: str, *, status: int, code: str | None = None) -> ApiError:
    return ApiError(status, {"code": code, "message": message, "type": "idempotency_error"}, executed=False)
