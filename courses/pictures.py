"""Pictures of the catalogue in the sizes that templates show, many with one query."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q
from wagtail.images import get_image_model
from wagtail.images.models import Filter
from wagtail.images.shortcuts import get_rendition_or_not_found

PORTRAIT = "fill-256x256|format-webp"
PORTRAIT_LARGE = "fill-560x560|format-webp"
# What networks and messages show of a link; JPEG, because not all of them read newer kinds.
SHARED = "fill-1200x630|format-jpeg|jpegquality-82"
PORTRAIT_SHARED = "fill-600x600|format-jpeg|jpegquality-82"  # square: a wide one would cut the face
ILLUSTRATION = "fill-720x405|format-webp"

Wanted = tuple[int, str]
"""An image's key, and one of the sizes above."""


@dataclass(frozen=True)
class Picture:
    url: str
    width: int
    height: int
    description: str
    """For those who can't see it; empty for decoration."""


def pictures(wanted: Collection[Wanted]) -> dict[Wanted, Picture]:
    """The pictures that exist, by what was wanted; a size is made when it is asked for the first time.

    One query once the sizes are there, whatever their number.
    """
    if not wanted:
        return {}
    images = get_image_model()
    either = Q(pk__in=[])
    for spec in {spec for _, spec in wanted}:
        either |= Q(filter_spec=spec, image__in=[key for key, of in wanted if of == spec])
    found = {
        (rendition.image_id, rendition.filter_spec): rendition
        for rendition in images.get_rendition_model().objects.filter(either).select_related("image")
        if rendition.focal_point_key == Filter(rendition.filter_spec).get_cache_key(rendition.image)
    }
    missing = [pair for pair in wanted if pair not in found]
    if missing:
        originals = images.objects.in_bulk({key for key, _ in missing})
        for key, spec in missing:
            found[key, spec] = get_rendition_or_not_found(originals[key], Filter(spec))
    return {
        pair: Picture(
            url=rendition.url,
            width=rendition.width,
            height=rendition.height,
            description=rendition.image.description,
        )
        for pair, rendition in found.items()
    }
