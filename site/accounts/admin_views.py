"""People in the Wagtail admin: made, changed and closed, never deleted; a role instead of groups."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import BooleanColumn, Column, DateColumn, TitleColumn
from wagtail.users.views import users as wagtail_users
from wagtail.users.views.bulk_actions import AssignRoleBulkAction, DeleteBulkAction, SetActiveStateBulkAction

from accounts.models import User
from accounts.services import invite_account, set_role


class NewPersonForm(forms.ModelForm):
    """A new account. Its password is chosen by its owner, through the link of the mail that goes out."""

    class Meta:
        model = User
        fields = ["email", "first_name", "last_name", "phone", "role"]
        help_texts = {"email": _("Un lien pour choisir un mot de passe y est envoyé.")}

    def clean_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["email"])
        same = User.objects.with_email(email)
        if same and same != self.instance:
            raise forms.ValidationError(_("Ce courriel a déjà un compte."))
        return email

    def save(self, commit: bool = True) -> User:
        self.instance = invite_account(**self.cleaned_data)
        return self.instance


class PersonForm(NewPersonForm):
    class Meta(NewPersonForm.Meta):
        fields = [*NewPersonForm.Meta.fields, "is_active"]
        help_texts = {
            "email": _("C’est le nom de connexion de la personne."),
            "is_active": _("Un compte fermé garde son historique, mais n’ouvre plus rien."),
        }

    def __init__(self, *args: Any, editing_self: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if editing_self:
            # Nobody closes the door behind oneself.
            del self.fields["role"], self.fields["is_active"]

    def save(self, commit: bool = True) -> User:
        person: User = forms.ModelForm.save(self, commit=commit)
        set_role(user=person, role=person.role)
        return person


class PersonFilterSet(WagtailFilterSet):
    def __init__(self, *args: Any, is_searching: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    class Meta:
        model = User
        fields = ["role", "is_active"]


class IndexView(wagtail_users.IndexView):
    template_name = "wagtailadmin/generic/index.html"
    results_template_name = "wagtailadmin/generic/index_results.html"

    @cached_property
    def columns(self) -> list[Column]:
        return [
            self._get_title_column_class(TitleColumn)(
                "name", accessor=str, label=_("Nom"), sort_key="name", get_url=self.get_edit_url
            ),
            Column("email", label=_("Courriel"), sort_key="email"),
            Column("role", accessor="get_role_display", label=_("Rôle"), sort_key="role"),
            BooleanColumn("is_active", label=_("Actif"), sort_key="is_active"),
            DateColumn("last_login", label=_("Dernière connexion"), sort_key="last_login"),
        ]

    def get_delete_url(self, instance: User) -> None:
        return None


class EditView(wagtail_users.EditView):
    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.can_delete = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        # With the address of a superuser comes the password reset, and with it every right.
        if self.object.is_superuser and not request.user.is_superuser:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class UserViewSet(wagtail_users.UserViewSet):
    ordering = "name"
    filterset_class = PersonFilterSet
    index_view_class = IndexView
    edit_view_class = EditView
    template_prefix = ""
    copy_view_enabled = False

    def get_form_class(self, for_update: bool = False) -> type[forms.ModelForm]:
        return PersonForm if for_update else NewPersonForm


class _Refused:
    """Wagtail's actions on many users know groups and deletion, neither the roles."""

    def check_perm(self, obj: User) -> bool:
        return False


class NoRoleInBulk(_Refused, AssignRoleBulkAction):
    pass


class NoDeletionInBulk(_Refused, DeleteBulkAction):
    pass


class NoClosingInBulk(_Refused, SetActiveStateBulkAction):
    pass


REFUSED_IN_BULK = [NoRoleInBulk, NoDeletionInBulk, NoClosingInBulk]
