"""Where Stripe's events arrive."""

from __future__ import annotations

import logging
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.access import public
from notifications.actors import wake
from payments.gateway import BadSignature, gateway
from payments.services import webhooks
from payments.tasks import handle_stripe_event

log = logging.getLogger(__name__)


@public
@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Stored, then answered; the work is a worker's. Anything but 2xx makes Stripe send it again."""
    try:
        event = gateway().read_webhook(
            body=request.body,
            signature=request.headers.get("Stripe-Signature", ""),
            secrets=settings.STRIPE_WEBHOOK_SECRETS,
        )
    except BadSignature:
        return HttpResponse("bad signature", status=HTTPStatus.BAD_REQUEST, content_type="text/plain")
    except (ValueError, KeyError, TypeError, AttributeError):
        # Stripe signed it, and it is no event that we can read: sent again, it would be no other.
        log.exception("A signed webhook that is no event")
        return HttpResponse("not an event", status=HTTPStatus.BAD_REQUEST, content_type="text/plain")
    if webhooks.receive(event):
        wake(handle_stripe_event, event.id)
    return HttpResponse(status=HTTPStatus.OK)
