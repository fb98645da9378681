"""The ledger of credits in the Wagtail admin: to read, and to give by hand; never to edit."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast
from uuid import uuid4

import django_filters
from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets import Button, HeaderButton

from accounts.models import Role, User
from accounts.read_only import ReadOnlyIndexView, ReadOnlyViewSet
from courses.money import round_cad
from home.formats import money, signed_money
from payments.errors import NotEnoughCredits
from payments.models import CreditEntry
from payments.services.credits import give_by_hand

MAY_GIVE = "payments.add_creditentry"
BY_HAND = (CreditEntry.Cause.GIFT, CreditEntry.Cause.CORRECTION)
MOST = Decimal("5000.00")


class CreditEntryFilterSet(WagtailFilterSet):
    cause = django_filters.ChoiceFilter(label=_("Cause"), choices=CreditEntry.Cause.choices)
    at = django_filters.DateFromToRangeFilter(label=_("Date"), widget=DateRangePickerWidget)

    class Meta:
        model = CreditEntry
        fields = ["cause", "at"]


class CreditEntryIndexView(ReadOnlyIndexView):
    @property
    def header_buttons(self) -> list[HeaderButton]:
        if not self.request.user.has_perm(MAY_GIVE):
            return []
        return [HeaderButton(_("Donner un crédit"), url=reverse("give-credit"), icon_name="plus")]


class CreditEntryViewSet(ReadOnlyViewSet):
    model = CreditEntry
    icon = "history"
    menu_label = _("Crédits")
    index_view_class = CreditEntryIndexView
    inspect_view_fields = [
        "user", "at", "cause", "amount_cad", "balance_cad", "order", "line", "refund", "note", "by",
    ]  # fmt: skip
    search_fields = ["user__email", "user__first_name", "user__last_name", "order__number"]
    filterset_class = CreditEntryFilterSet
    ordering = ["-at", "-number"]
    list_display = [
        "user",
        DateColumn("at", label=_("Date"), sort_key="at"),
        Column("email", label=_("Courriel"), accessor="user.email"),
        Column("cause", label=_("Cause"), accessor="get_cause_display", sort_key="cause"),
        Column("order", label=_("Commande"), accessor=lambda entry: entry.order or ""),
        Column(
            "amount",
            label=_("Montant"),
            accessor=lambda entry: signed_money(entry.amount_cad),
            sort_key="amount_cad",
        ),
        Column("balance", label=_("Solde"), accessor=lambda entry: money(entry.balance_cad)),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CreditEntry]:
        return CreditEntry.objects.with_origins()


class GiveCreditForm(forms.Form):
    """The token makes two submits of one page one line of the ledger."""

    email = forms.EmailField(label=_("Courriel de l’élève"), max_length=254)
    cause = forms.ChoiceField(
        label=_("Cause"), choices=[(cause.value, cause.label) for cause in BY_HAND], initial=BY_HAND[0]
    )
    amount = forms.DecimalField(
        label=_("Montant, en dollars"),
        max_digits=8,
        decimal_places=2,
        min_value=-MOST,
        max_value=MOST,
        help_text=_("Une correction peut être négative; le solde ne va jamais sous zéro."),
    )
    note = forms.CharField(
        label=_("Note"), max_length=200, help_text=_("L’élève la lit dans son historique.")
    )
    token = forms.UUIDField(widget=forms.HiddenInput)

    person: User

    def clean_email(self) -> str:
        person = User.objects.with_email(self.cleaned_data["email"])
        if person is None or person.role != Role.STUDENT:
            raise forms.ValidationError(_("Aucun élève n’a ce courriel."))
        self.person = person
        return person.email

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "token" in self.errors:
            self.add_error(None, _("Cette page n’est plus bonne. Rechargez-la, puis recommencez."))
        amount = data.get("amount")
        if amount == 0:
            self.add_error("amount", _("Écrivez un montant autre que zéro."))
        elif amount is not None and amount < 0 and data.get("cause") == CreditEntry.Cause.GIFT:
            self.add_error(
                "amount", _("Un geste est positif. Pour retirer un crédit, faites une correction.")
            )
        return data


class GiveCreditView(WagtailAdminTemplateMixin, FormView):
    form_class = GiveCreditForm
    template_name = "wagtailadmin/generic/form.html"
    page_title = _("Donner un crédit")
    header_icon = "history"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.user.has_perm(MAY_GIVE):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"email": self.request.GET.get("courriel", ""), "token": uuid4()}

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": _the_list(), "label": CreditEntryViewSet.menu_label},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            submit_button_label=self.page_title, action_url=self.request.path, **kwargs
        )

    def form_valid(self, form: GiveCreditForm) -> HttpResponse:
        sent = form.cleaned_data
        try:
            entry = give_by_hand(
                user=form.person,
                amount=round_cad(sent["amount"]),
                cause=CreditEntry.Cause(sent["cause"]),
                note=sent["note"],
                by=cast(User, self.request.user),
                token=sent["token"],
                now=timezone.now(),
            )
        except NotEnoughCredits as refusal:
            form.add_error("amount", str(refusal))
            return self.form_invalid(form)
        words = {
            "amount": signed_money(entry.amount_cad),
            "name": entry.user,
            "balance": money(entry.balance_cad),
        }
        messages.success(self.request, _("%(amount)s pour %(name)s. Son solde : %(balance)s.") % words)
        return redirect(_the_list())

    def form_invalid(self, form: GiveCreditForm) -> HttpResponse:
        messages.validation_error(self.request, _("Le crédit n’a pas été donné."), form)
        return self.render_to_response(self.get_context_data(form=form), status=422)


def _the_list() -> str:
    return reverse(CreditEntry.snippet_viewset.get_url_name("list"))  # type: ignore[attr-defined]  # by Wagtail


def credit_urls() -> list[URLPattern]:
    return [path("credits/donner/", GiveCreditView.as_view(), name="give-credit")]


def offer_credit(user: User, request_user: User) -> Iterable[Button]:
    """In the list of people, beside each student."""
    if user.role == Role.STUDENT and request_user.has_perm(MAY_GIVE):
        url = reverse("give-credit", query={"courriel": user.email})
        yield Button(_("Donner un crédit"), url=url, icon_name="plus", priority=30)
