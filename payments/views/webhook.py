"""Where Stripe's events arrive."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.access import public
from notifications.actors import wake
from payments import webhooks
from payments.gateway import BadSignature, gateway
from payments.tasks import handle_stripe_event


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
    if webhooks.receive(event):
        wake(handle_stripe_event, event.id)
    return HttpResponse(status=HTTPStatus.OK)
