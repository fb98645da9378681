"""The one door of the house, the keys to it, and one's own profile."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

from axes.utils import reset as forget_failures
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import home_of, may_go, member, public
from accounts.forms import (
    ChangePasswordForm,
    LoginForm,
    MailTopicsForm,
    NewPasswordForm,
    PasswordLinkForm,
    ProfileForm,
)
from accounts.limits import client_address, too_many, within_limit
from accounts.models import User
from accounts.services import ask_for_password_link

WINDOW = int(settings.AXES_COOLOFF_TIME.total_seconds())


class LoginView(auth_views.LoginView):
    template_name = "accounts/login.html"
    authentication_form = LoginForm

    @method_decorator(never_cache)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return redirect(self.get_success_url())
        # One address that tries many accounts; the lock on one account is a count of its own.
        if request.method == "POST" and not within_limit(
            "login", client_address(request), limit=60, seconds=WINDOW
        ):
            return locked_out(request)
        return super().dispatch(request, *args, **kwargs)

    def get_success_url(self) -> str:
        user = cast(User, self.request.user)
        wanted = self.get_redirect_url()
        return wanted if wanted and may_go(user, wanted) else resolve_url(home_of(user))

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return response


def locked_out(request: HttpRequest, *args: Any) -> HttpResponse:
    """The answer to who tried too often, also called by axes."""
    return too_many(request, "accounts/locked_out.html", seconds=WINDOW, minutes=WINDOW // 60)


login = public(LoginView.as_view())
logout = public(auth_views.LogoutView.as_view())


@public
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link; the answer never tells whether the address has an account."""
    form = PasswordLinkForm(request.POST or None)
    if request.method == "POST":
        if not within_limit("password-link", client_address(request), limit=10, seconds=WINDOW):
            return locked_out(request)
        if form.is_valid():
            ask_for_password_link(email=form.cleaned_data["email"])
            return redirect("password_reset_done")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "accounts/password_reset.html", {"form": form}, status=status)


class NewPasswordView(auth_views.PasswordResetConfirmView):
    template_name = "accounts/password_new.html"
    form_class = NewPasswordForm

    def form_valid(self, form: Any) -> HttpResponse:
        # Who proved to own the address isn't kept out by the tries that led here.
        forget_failures(username=form.user.email)
        return super().form_valid(form)

    def form_invalid(self, form: SetPasswordForm[User]) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
        return response


password_reset_done = public(
    auth_views.PasswordResetDoneView.as_view(template_name="accounts/password_reset_done.html")
)
password_reset_confirm = public(NewPasswordView.as_view())
password_reset_complete = public(
    auth_views.PasswordResetCompleteView.as_view(template_name="accounts/password_reset_complete.html")
)


@member
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """One's own name and telephone."""
    # Bound to a copy: a refused name must not show up in the header as if it were saved.
    person = User.objects.get(pk=cast(User, request.user).pk)
    form = ProfileForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Vos coordonnées sont à jour."))
        return redirect("profile")
    return render_profile(request, profile_form=form)


@member
@sensitive_post_parameters()
@require_POST
def profile_password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; all other sessions end with the old one."""
    form = ChangePasswordForm(cast(User, request.user), request.POST)
    if form.is_valid():
        update_session_auth_hash(request, form.save())
        messages.success(
            request, _("Votre mot de passe est changé. Vous êtes déconnecté partout ailleurs qu’ici.")
        )
        return redirect("profile")
    return render_profile(request, password_form=form)


def render_profile(
    request: HttpRequest,
    *,
    profile_form: ProfileForm | None = None,
    password_form: ChangePasswordForm | None = None,
    mail_form: MailTopicsForm | None = None,
) -> HttpResponse:
    """The profile, with whichever of its forms was refused."""
    person = cast(User, request.user)
    forms = (profile_form, password_form, mail_form)
    refused = next((form for form in forms if form is not None and form.errors), None)
    context = {
        "profile_form": profile_form or ProfileForm(instance=person),
        "password_form": password_form or ChangePasswordForm(person),
        "mail_form": mail_form or MailTopicsForm(person),
        "refused": refused,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, "accounts/profile.html", context, status=status)
