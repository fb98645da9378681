"""The sizes in which pages of the catalogue show pictures."""

from __future__ import annotations

from home.pictures import JPEG, SHARED, Picture, Size, Wanted, pictures

__all__ = [
    "ILLUSTRATION",
    "PORTRAIT",
    "PORTRAIT_LARGE",
    "PORTRAIT_SHARED",
    "SHARED",
    "Picture",
    "Wanted",
    "pictures",
]

ILLUSTRATION = Size(("fill-400x225", "fill-800x450", "fill-1200x675"))
PORTRAIT = Size(("fill-96x96", "fill-256x256"))
PORTRAIT_LARGE = Size(("fill-280x280", "fill-560x560"))
PORTRAIT_SHARED = Size(("fill-600x600",), JPEG)  # square: a wide one would cut the face
