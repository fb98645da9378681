"""The StreamField blocks that pages are made of."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

BODY_BLOCKS = [("rich_text", blocks.RichTextBlock(label=_("Texte")))]
