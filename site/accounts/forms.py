"""The forms of the log-in, the password and the profile."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.utils.translation import gettext_lazy as _

from accounts.mail_topics import TOPICS_OF
from accounts.models import MailTopic, User

PASSWORD_HINT = _("Au moins 10 caractères. Une courte phrase fait un bon mot de passe.")


class _StartsInAField(forms.BaseForm):
    """Writing starts in the field with autofocus; after a mistake, reading starts in the summary."""

    def full_clean(self) -> None:
        super().full_clean()
        if self.errors:
            for field in self.fields.values():
                field.widget.attrs.pop("autofocus", None)


class LoginForm(_StartsInAField, AuthenticationForm):
    username = forms.EmailField(
        label=_("Courriel"),
        max_length=254,  # as the account's: failed tries are counted by it, in a column that has an end
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    error_messages = {
        "invalid_login": _("Ce courriel et ce mot de passe ne vont pas ensemble. Vérifiez-les et réessayez."),
        "inactive": _("Ce compte est désactivé. Écrivez-nous pour le faire rouvrir."),
    }

    def clean_username(self) -> str:
        # Failed tries are counted by e-mail: another case must not start another count.
        return User.objects.normalize_email(self.cleaned_data["username"])


class PasswordLinkForm(_StartsInAField, forms.Form):
    email = forms.EmailField(
        label=_("Courriel"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class _NewPassword(SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = PASSWORD_HINT
        self.fields["new_password2"].label = _("Nouveau mot de passe, encore une fois")
        self.fields["new_password2"].help_text = ""


class NewPasswordForm(_NewPassword):
    """A new password for who came by a link."""


class ChangePasswordForm(_NewPassword, PasswordChangeForm):
    """A new password for who knows the old one."""

    field_order = ["old_password", "new_password1", "new_password2"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        old = self.fields["old_password"]
        old.label = _("Mot de passe actuel")
        old.widget.attrs.pop("autofocus", None)


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["first_name", "last_name", "phone"]
        widgets = {
            "first_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "last_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
            "phone": forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
        }
        labels = {"first_name": _("Prénom"), "last_name": _("Nom"), "phone": _("Téléphone")}


class MailTopicsForm(forms.Form):
    """Which of the mails that one may do without are to be sent."""

    topics = forms.MultipleChoiceField(
        label=_("Envoyez-moi"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, user: User, data: Any = None) -> None:
        topics = TOPICS_OF[user.role]
        refused = set(user.mail_refusals.values_list("topic", flat=True)) if topics else set()
        super().__init__(data, initial={"topics": [topic for topic in topics if topic not in refused]})
        cast(forms.MultipleChoiceField, self.fields["topics"]).choices = [
            (topic.value, MailTopic(topic).label) for topic in topics
        ]
