from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class BookingConfig(AppConfig):
    name = "booking"
    verbose_name = _("Réservations")

    def ready(self) -> None:
        from booking import live  # noqa: F401 - registers what it lends; models are ready only now
        from booking.free_times import read_free_times
        from courses.free_times import answer_with

        answer_with(read_free_times)
        user_logged_in.connect(bring_cart_along, dispatch_uid="booking.bring_cart_along")


def bring_cart_along(sender: object, request: HttpRequest, user: Any, **kwargs: object) -> None:
    """A guest who logs in keeps what the cart holds."""
    from booking.services import adopt_guest_cart  # models are ready only now

    adopt_guest_cart(request=request, user=user)
