"""Logs: one JSON object a line in production, readable lines at a terminal. The same events either way."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import structlog
from django.dispatch import receiver
from django_structlog.signals import bind_extra_request_finished_metadata, bind_extra_request_metadata
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

if TYPE_CHECKING:
    from django.http import HttpRequest

# Addresses that open something by themselves: a password reset (`c9x2k1-<hash>`), a private calendar.
SECRET_IN_PATH = re.compile(
    r"(?<=/)(?:[a-z0-9]{5,8}-[0-9a-f]{32,}|(?=[^/]*[A-Z])(?=[^/]*\d)[A-Za-z0-9_-]{40,})"
)


def without_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Requests are logged without their query (it may hold a client secret) nor the tokens in their path."""
    request = event.get("request")
    if isinstance(request, str):
        event["request"] = SECRET_IN_PATH.sub("…", request.partition("?")[0])
    return event


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    without_secrets,
]


def logging_settings(*, json: bool, requests: str) -> dict[str, Any]:
    """Set structlog up, and give Django's LOGGING, which sends the standard library's logs the same way.

    `requests` is the level from which requests are logged: INFO for all, ERROR for those that failed.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    rendering: list[Processor] = (
        # Tracebacks without their variables, which may hold passwords and addresses.
        [
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
        if json
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*SHARED, structlog.stdlib.ExtraAdder()],
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
            }
        },
        "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stream"], "level": "INFO"},
        "loggers": {
            "django": {"handlers": []},
            # django_structlog says the same of each request, with its id.
            "django.request": {"level": "CRITICAL"},
            "django.server": {"handlers": [], "level": "CRITICAL", "propagate": True},
            "django_structlog": {"level": requests},
            "apscheduler": {"level": "WARNING"},
            # They tell of each call, and the request that made it is told already.
            "httpx": {"level": "WARNING"},
            "stripe": {"level": "WARNING"},
        },
    }


@receiver(bind_extra_request_metadata)
def start_the_clock(request: HttpRequest, **_: Any) -> None:
    request.META["fanal.begun"] = time.perf_counter()


@receiver(bind_extra_request_finished_metadata)
def add_duration_and_user(request: HttpRequest, log_kwargs: dict[str, Any], **_: Any) -> None:
    """The user only where the view asked for it: a log line is no reason for a query."""
    log_kwargs["ms"] = round((time.perf_counter() - request.META["fanal.begun"]) * 1000, 1)
    person = getattr(request, "_cached_user", None)
    log_kwargs["user"] = str(person.pk) if person and person.pk else None
