"""Which mails somebody gets: chosen in the profile, or ended by the link in one of them."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import member, public
from accounts.forms import MailTopicsForm
from accounts.mail_topics import accept, choose_topics, read_refusal, refuse
from accounts.models import User
from accounts.views import render_profile


@member
@require_POST
def profile_mails(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = MailTopicsForm(user, request.POST)
    if form.is_valid():
        choose_topics(user=user, wanted=set(form.cleaned_data["topics"]))
        messages.success(request, _("Vos choix de courriels sont enregistrés."))
        return redirect("profile")
    return render_profile(request, mail_form=form)


@public
@csrf_exempt  # a mail program posts here by itself (RFC 8058); who has the link may do no more than that
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mail_refusal(request: HttpRequest, token: str) -> HttpResponse:
    """Asks first: what looks into mails for viruses follows their links. A POST ends these mails, or brings
    them back when it says `encore`; it never redirects, which RFC 8058 forbids.
    """
    found = read_refusal(token)
    if found is None:
        return render(request, "accounts/mail_refusal_unknown.html", status=HTTPStatus.NOT_FOUND)
    person, topic = found
    again = "encore" in request.POST
    if request.method == "POST":
        (accept if again else refuse)(user=person, topic=topic)
    refused = person.mail_refusals.filter(topic=topic).exists()
    context = {"topic": topic, "refused": refused, "brought_back": again and not refused}
    return render(request, "accounts/mail_refusal.html", context)
