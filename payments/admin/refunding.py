"""Refunding an order in the Wagtail admin: say what, see exactly what happens, confirm once."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin

from accounts.models import User
from booking.errors import BookingError
from home.formats import money
from payments.admin.refund_forms import RefundForm
from payments.errors import PaymentError, RefundChanged
from payments.models import Order, Refund
from payments.services.refunding import Plan, ask_stripe, plan_refund, refund_order, what_is_left

LIST_URL = "wagtailsnippets_payments_order:list"
INSPECT_URL = "wagtailsnippets_payments_order:inspect"
REFUND_URL = "wagtailsnippets_payments_order:refund"
ASK_STRIPE_URL = "wagtailsnippets_payments_order:ask_stripe"


class RefundView(PermissionCheckedMixin, WagtailAdminTemplateMixin, TemplateView):
    """One address, three steps: the form, the preview (`step=preview`), the deed (`step=confirm`);
    `step=edit` is the form again with what was typed.

    The preview carries the token of the one refund that may come of it, and the fingerprint of what it shows.
    """

    permission_required = "refund"
    model = Order
    template_name = "payments/admin/refund_form.html"
    page_title = gettext_lazy("Rembourser")
    header_icon = "rotate"

    @cached_property
    def order(self) -> Order:
        return get_object_or_404(
            Order.objects.visible_to(self.user).select_related("user"), pk=self.kwargs["pk"]
        )

    @property
    def user(self) -> User:
        if not isinstance(self.request.user, User):
            raise PermissionDenied
        return self.request.user

    def get_page_subtitle(self) -> str:
        return self.order.number

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("wagtailadmin_home"), "label": _("Accueil")},
            {"url": reverse(LIST_URL), "label": _("Commandes")},
            {"url": reverse(INSPECT_URL, args=[self.order.pk]), "label": self.order.number},
            {"url": "", "label": self.get_page_title(), "sublabel": self.order.number},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **kwargs, order=self.order, order_url=reverse(INSPECT_URL, args=[self.order.pk])
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._form(RefundForm(left=what_is_left(order=self.order)))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        step = request.POST.get("step")
        if step == "confirm" and (known := self._known(request)):
            return self._already(known)
        form = RefundForm(request.POST, left=what_is_left(order=self.order))
        if step == "edit":
            return self._form(form)
        if not form.is_valid():
            if step == "confirm":
                messages.warning(request, str(RefundChanged()))
            return self._form(form, HTTPStatus.UNPROCESSABLE_ENTITY)
        if step == "confirm":
            return self._confirm(form)
        return self._preview(form)

    def _confirm(self, form: RefundForm) -> HttpResponse:
        try:
            refund, is_new = refund_order(
                order=self.order,
                wish=form.wish,
                shown=self.request.POST.get("shown", ""),
                token=UUID(self.request.POST.get("token", "")),
                by=self.user,
                now=timezone.now(),
            )
        except (PaymentError, BookingError, ValueError):
            messages.warning(self.request, str(RefundChanged()))
            return self._preview(form, HTTPStatus.CONFLICT)
        if not is_new:
            return self._already(refund)
        _say(self.request, refund)
        return redirect(INSPECT_URL, self.order.pk)

    def _preview(self, form: RefundForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
        try:
            plan: Plan = plan_refund(order=self.order, wish=form.wish)
        except PaymentError as error:  # somebody was faster, since the form was checked
            form.add_error(None, str(error))
            return self._form(form, HTTPStatus.CONFLICT)
        self.template_name = "payments/admin/refund_preview.html"
        context = self.get_context_data(form=form, plan=plan, wish=form.wish, token=uuid4())
        return self.render_to_response(context, status=status)

    def _form(self, form: RefundForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=status)

    def _known(self, request: HttpRequest) -> Refund | None:
        try:
            token = UUID(request.POST.get("token", ""))
        except ValueError:
            return None
        return self.order.refunds.filter(token=token).first()

    def _already(self, refund: Refund) -> HttpResponse:
        """A second click, Back, or a page that was reloaded."""
        messages.success(
            self.request,
            _("Ce remboursement de %(total)s est déjà enregistré : il n’a pas été fait deux fois.")
            % {"total": money(refund.total_cad)},
        )
        return redirect(INSPECT_URL, self.order.pk)


class AskStripeView(PermissionCheckedMixin, View):
    """Bring the order's refunds up to date with Stripe, now."""

    permission_required = "refund"
    model = Order
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        if not isinstance(request.user, User):
            raise PermissionDenied
        order = get_object_or_404(Order.objects.visible_to(request.user), pk=pk)
        if ask_stripe(order=order, now=timezone.now()):
            messages.success(request, _("Les remboursements sont à jour avec Stripe."))
        else:
            messages.warning(request, _("Stripe ne répond pas pour le moment. Réessayez dans un instant."))
        return redirect(INSPECT_URL, order.pk)


def _say(request: HttpRequest, refund: Refund) -> None:
    """What became of it, as far as it is known."""
    amounts = {"card": money(refund.amount_cad), "credits": money(refund.credits_cad)}
    if refund.status == Refund.Status.FAILED:
        messages.error(
            request,
            _("Stripe a refusé le remboursement de %(card)s : %(failure)s Il est dans « À traiter ».")
            % {**amounts, "failure": refund.failure},
        )
    elif refund.status == Refund.Status.PENDING:
        messages.warning(
            request,
            _(
                "Le remboursement de %(card)s est enregistré, Stripe ne l’a pas encore confirmé. "
                "Il sera redemandé toutes les dix minutes : rien à refaire."
            )
            % amounts,
        )
    elif not refund.credits_cad:
        messages.success(request, _("%(card)s retournent sur la carte.") % amounts)
    elif not refund.amount_cad:
        messages.success(request, _("%(credits)s sont rendus en crédits.") % amounts)
    else:
        messages.success(
            request,
            _("%(card)s retournent sur la carte, %(credits)s sont rendus en crédits.") % amounts,
        )
