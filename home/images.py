"""The form of an image in the admin: nothing comes in without words for those who can't see it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.images.forms import BaseImageForm


class DescribedImageForm(BaseImageForm):
    """`description` is what pages say of an image wherever no other words are given."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("description"):
            field.required = True
            field.label = _("Texte de remplacement")
            field.help_text = _(
                "Ce que l’image montre, en une phrase, pour qui ne la voit pas : « Une élève et son tuteur "
                "penchés sur un cahier. » Ni nom de fichier, ni « image de »."
            )
            field.error_messages["required"] = _("Décrivez l’image en une phrase.")
            field.widget.is_required = True
