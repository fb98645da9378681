"""What is read as one line: names, addresses, telephones. They go into mails and calendar files, which a
line break would break.
"""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.db import models

# All that ends a line or can't be seen, and what turns the direction of writing. Not NUL: Django refuses it.
_BREAKS = re.compile(r"[\x01-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class OneLineField(forms.CharField):
    """A text field in a form: a break in what was typed or pasted becomes a space."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return re.sub(" +", " ", _BREAKS.sub(" ", text)).strip() if text else text


class OneLine(models.CharField):
    """A column whose forms have a OneLineField. Migrations see the plain column that it is."""

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": OneLineField, **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs
