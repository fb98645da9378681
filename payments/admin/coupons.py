"""Coupons in the Wagtail admin: what they take off, until when, who used them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import django_filters
from django import forms
from django.core.paginator import Paginator
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column, StatusTagColumn
from wagtail.snippets.views.snippets import SnippetViewSet

from accounts.read_only import PlainIndexView, ReadOnlyInspectView
from courses.admin_views import RetireView, retire
from home.formats import NBSP, clock, money, short_date
from payments.models import Coupon, Order
from payments.services.coupons import normal

CODE = re.compile(r"^[A-Z0-9-]+$")
USES_PER_PAGE = 50
FIXED_ONCE_USED = ("code", "kind", "value")


def worth(coupon: Coupon) -> str:
    """`10 %` or `15,00 $`."""
    if coupon.kind == Coupon.Kind.FIXED:
        return money(coupon.value)
    return f"{coupon.value.normalize():f}".replace(".", ",") + f"{NBSP}%"


def usage(coupon: Coupon) -> str:
    """`3 / 10`, or `3` without a ceiling, of a coupon with its usage."""
    ceiling = coupon.max_redemptions
    return str(coupon.used) if ceiling is None else f"{coupon.used} / {ceiling}"


def end(coupon: Coupon) -> str:
    """`mer. 31 mars 2027, 23 h 59`; a dash for what has no end."""
    return f"{short_date(coupon.ends_at)}, {clock(coupon.ends_at)}" if coupon.ends_at else "–"


class CouponForm(WagtailAdminModelForm):
    """What a coupon is worth never changes once somebody used it: their orders name it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_used = bool(self.instance.pk) and self.instance.redemptions.exists()
        if "max_redemptions" in self.fields:
            self.fields["max_redemptions"].validators.append(MinValueValidator(1))
        if self.is_used:
            for name in FIXED_ONCE_USED:
                self.fields[name].disabled = True
                self.fields[name].help_text = _(
                    "Ce code a déjà servi : il reste tel que les commandes l’ont vu."
                )

    def clean_code(self) -> str:
        code = normal(self.cleaned_data["code"])
        if not CODE.match(code):
            raise forms.ValidationError(_("Des lettres sans accent, des chiffres et des traits d’union."))
        return code

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean()
        self._check_worth(data)
        starts_at, ends_at = data.get("starts_at"), data.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", _("La fin vient après le début."))
        elif data.get("active") and ends_at and ends_at <= timezone.now():
            self.add_error("ends_at", _("Cette date est passée : changez-la, ou désactivez le code."))
        if self.is_used:
            self._refuse_stale_changes()
        return data

    def _check_worth(self, data: dict[str, Any]) -> None:
        value = data.get("value")
        if value is None:
            return
        if value <= 0:
            self.add_error("value", _("Écrivez une valeur plus grande que zéro."))
        elif data.get("kind") == Coupon.Kind.PERCENT and value > 100:
            self.add_error("value", _("Un pourcentage va jusqu’à 100."))

    def _refuse_stale_changes(self) -> None:
        """The page was opened before the first use, and sends what may no longer change."""
        for name in FIXED_ONCE_USED:
            sent = self.data.get(self.add_prefix(name))
            if sent is not None and not self._is_the_same(name, sent):
                self.add_error(name, _("Ce code vient de servir : cela ne change plus."))

    def _is_the_same(self, name: str, sent: str) -> bool:
        try:
            value = self.fields[name].to_python(normal(sent) if name == "code" else sent)
        except forms.ValidationError:
            return False
        return bool(value == getattr(self.instance, name))


class CouponFilterSet(WagtailFilterSet):
    state = django_filters.ChoiceFilter(label=_("État"), choices=Coupon.State.choices, method="in_state")
    kind = django_filters.ChoiceFilter(label=_("Genre"), choices=Coupon.Kind.choices)

    class Meta:
        model = Coupon
        fields = ["state", "kind"]

    def in_state(self, coupons: QuerySet[Coupon], name: str, value: str) -> QuerySet[Coupon]:
        return coupons.filter(pk__in=Coupon.objects.in_state(value, timezone.now()))


class CouponInspectView(ReadOnlyInspectView):
    template_name = "payments/admin/coupon_inspect.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        coupon = Coupon.objects.with_usage().get(pk=self.object.pk)
        uses = coupon.redemptions.select_related("checkout__order__user").order_by("-used_at", "-pk")
        order_viewset: SnippetViewSet = Order.snippet_viewset  # type: ignore[attr-defined]  # set by Wagtail
        return super().get_context_data(
            worth=worth(coupon),
            usage=usage(coupon),
            given=coupon.given_cad or Decimal(0),
            state=coupon.state(timezone.now()).label,
            uses=Paginator(uses, USES_PER_PAGE).get_page(self.request.GET.get("p")),
            inspect_order=order_viewset.get_url_name("inspect"),
            **kwargs,
        )


class CouponDeleteView(RetireView):
    @property
    def confirmation_message(self) -> Any:
        return _(
            "Un code qui n’a jamais servi est supprimé. Un code qui a servi reste dans l’historique : "
            "il sera désactivé, et ne sera plus accepté."
        )


class CouponViewSet(SnippetViewSet):
    model = Coupon
    icon = "tag"
    menu_label = _("Coupons")
    index_view_class = PlainIndexView
    delete_view_class = CouponDeleteView
    inspect_view_class = CouponInspectView
    inspect_view_enabled = True
    copy_view_enabled = False
    add_to_reference_index = False
    search_fields = ["code"]
    search_backend_name = None
    filterset_class = CouponFilterSet
    ordering = ["-created_at"]
    list_per_page = 50
    list_display = [
        "code",
        Column("worth", label=_("Rabais"), accessor=worth),
        StatusTagColumn(
            "state",
            label=_("État"),
            accessor=lambda coupon: coupon.state(timezone.now()).label,
            primary=lambda coupon: coupon.state(timezone.now()) == Coupon.State.RUNNING,
        ),
        Column("usage", label=_("Utilisations"), accessor=usage, sort_key="used"),
        Column(
            "given",
            label=_("Rabais accordés"),
            accessor=lambda coupon: money(coupon.given_cad or Decimal(0)),
            sort_key="given_cad",
        ),
        Column("ends_at", label=_("Jusqu’au"), accessor=end, sort_key="ends_at"),
    ]
    edit_handler = ObjectList(
        [
            MultiFieldPanel(
                [FieldPanel("code"), FieldRowPanel([FieldPanel("kind"), FieldPanel("value")])],
                heading=_("Rabais"),
            ),
            MultiFieldPanel(
                [
                    FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")]),
                    FieldPanel("max_redemptions"),
                    FieldPanel("active"),
                ],
                heading=_("Limites"),
            ),
        ],
        base_form_class=CouponForm,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Coupon]:
        return Coupon.objects.with_usage()

    def register_chooser_viewset(self) -> None:
        """No page chooses a coupon, and Wagtail's choosers ask for no view permission."""


def retire_used_coupons(request: HttpRequest, rows: Iterable[models.Model]) -> HttpResponse | None:
    """Before Wagtail deletes coupons: what was never used goes, the rest is switched off."""
    coupons = [row for row in rows if isinstance(row, Coupon)]
    return retire(request, coupons, kept=_("Le code %(name)s a déjà servi : désactivé, et plus accepté."))
