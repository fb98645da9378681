"""A student's credits: what is left, and where each dollar came from and went."""

from __future__ import annotations

from typing import cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import student
from accounts.models import User
from payments.models import CreditEntry
from payments.services.credits import balance, promised

LINES_PER_PAGE = 20


@student
@require_safe
@never_cache
def credit_history(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    history = CreditEntry.objects.visible_to(user).with_origins().order_by("-number")
    return render(
        request,
        "payments/credits.html",
        {
            "balance": balance(user=user),
            "promised": promised(user=user),
            "history": Paginator(history, LINES_PER_PAGE).get_page(request.GET.get("page")),
        },
    )
