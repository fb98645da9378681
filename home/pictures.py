"""Pictures in the sizes and kinds that a page offers a browser, many with one query.

Wagtail's own `{% picture %}` asks once for each image, and writes candidates of one width twice where an
image is small, which is no valid HTML. This one writes the same elements from what was asked for all at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, NamedTuple

from django.core.files.storage import Storage
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from wagtail.images import get_image_model
from wagtail.images.models import Filter
from wagtail.images.shortcuts import get_renditions_or_not_found

AVIF, WEBP = "image/avif", "image/webp"
MODERN = (AVIF, WEBP)
JPEG = ("image/jpeg",)
_SPEC = {AVIF: "format-avif", WEBP: "format-webp", "image/jpeg": "format-jpeg|jpegquality-82"}
_FOCUS = ("focal_point_x", "focal_point_y", "focal_point_width", "focal_point_height")


class Size(NamedTuple):
    """What one place of a page shows of an image: Wagtail's operations from narrow to wide, in each kind.

    The last kind is the one that every browser gets that knows none before it.
    """

    operations: tuple[str, ...]
    kinds: tuple[str, ...] = MODERN

    def specs(self, kind: str) -> list[str]:
        return [f"{operation}|{_SPEC[kind]}" for operation in self.operations]

    @property
    def all_specs(self) -> list[str]:
        return [spec for kind in self.kinds for spec in self.specs(kind)]


# What networks and messages show of a link; JPEG, because not all of them read newer kinds.
SHARED = Size(("fill-1200x630",), JPEG)
FIGURE = Size(("width-480", "width-800", "width-1280"))
BESIDE = Size(("width-400", "width-640", "width-1120"))
HERO = Size(("fill-400x400", "fill-640x640", "fill-1080x1080"))

Wanted = tuple[int, Size]
"""An image's key, and how it is shown."""


class Candidate(NamedTuple):
    url: str
    width: int
    height: int


@dataclass(frozen=True)
class Picture:
    candidates: Mapping[str, tuple[Candidate, ...]]
    """By kind; from narrow to wide, no width twice."""
    description: str
    """For those who can't see it; empty for decoration."""

    @property
    def best(self) -> Candidate:
        """The widest of the kind that every browser reads."""
        return list(self.candidates.values())[-1][-1]

    @property
    def url(self) -> str:
        return self.best.url

    @property
    def width(self) -> int:
        return self.best.width

    @property
    def height(self) -> int:
        return self.best.height

    def html(self, *, css_class: str, sizes: str, alt: str | None = None, first: bool = False) -> SafeString:
        """A `<picture>`, with its measures so that nothing moves when it arrives.

        `sizes`: how wide it is shown, as the attribute says it. `first`: it is seen before anybody scrolls,
        so that it is fetched at once and before others; all the others wait until they come near.
        """
        *newer, known = self.candidates
        sources = format_html_join(
            "",
            '<source type="{}" srcset="{}" sizes="{}">',
            ((kind, _srcset(self.candidates[kind]), sizes) for kind in newer),
        )
        return format_html(
            '<picture>{}<img class="{}" src="{}" srcset="{}" sizes="{}" width="{}" height="{}" alt="{}" {}>'
            "</picture>",
            sources,
            css_class,
            self.url,
            _srcset(self.candidates[known]),
            sizes,
            str(self.width),
            str(self.height),
            self.description if alt is None else alt,
            SafeString('fetchpriority="high"' if first else 'loading="lazy" decoding="async"'),
        )


def _srcset(candidates: Iterable[Candidate]) -> str:
    return ", ".join(f"{one.url} {one.width}w" for one in candidates)


def pictures(wanted: Collection[Wanted]) -> dict[Wanted, Picture]:
    """Those of the wanted pictures whose image exists; what is not drawn yet is drawn, and kept.

    One query once all are there, whatever their number.
    """
    if not wanted:
        return {}
    found, said = _drawn(wanted)
    missing: dict[int, set[str]] = defaultdict(set)
    for key, size in wanted:
        missing[key].update(spec for spec in size.all_specs if (key, spec) not in found)
    if late := {key: specs for key, specs in missing.items() if specs}:
        for key, image in get_image_model().objects.in_bulk(late).items():
            said[key] = image.description
            made = get_renditions_or_not_found(image, [Filter(spec) for spec in sorted(late[key])])
            for spec, rendition in made.items():
                if rendition.width:  # none where the original's file is gone
                    found[key, spec] = Candidate(rendition.url, rendition.width, rendition.height)
    return {
        (key, size): Picture(
            {kind: _by_width(found[key, spec] for spec in size.specs(kind)) for kind in size.kinds}, said[key]
        )
        for key, size in wanted
        if all((key, spec) in found for spec in size.all_specs)
    }


def _drawn(wanted: Collection[Wanted]) -> tuple[dict[tuple[int, str], Candidate], dict[int, str]]:
    """What there is of the wanted, and the descriptions. Rows and no objects: there are dozens on a page."""
    model = get_image_model().get_rendition_model()
    rows = model.objects.filter(
        image__in={key for key, _ in wanted},
        filter_spec__in={spec for _, size in wanted for spec in size.all_specs},
    ).values_list(
        "image_id", "filter_spec", "focal_point_key", "file", "width", "height", "image__description",
        *(f"image__{name}" for name in _FOCUS),
    )  # fmt: skip
    storage: Storage = model._meta.get_field("file").storage
    found: dict[tuple[int, str], Candidate] = {}
    said: dict[int, str] = {}
    for key, spec, drawn_for, file, width, height, description, *focus in rows:
        if drawn_for == _focal_key(spec, *focus):
            found[key, spec] = Candidate(storage.url(file), width, height)
            said[key] = description
    return found, said


@lru_cache(maxsize=1024)
def _focal_key(spec: str, *focus: int | None) -> str:
    """What a rendition is marked with: made for another focus, it is an old one."""
    return str(Filter(spec).get_cache_key(SimpleNamespace(**dict(zip(_FOCUS, focus, strict=True)))))


def _by_width(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    return tuple({one.width: one for one in candidates}.values())


def wanted_in(body: Iterable[Any]) -> list[Wanted]:
    """The pictures that the blocks of a page show (see home.blocks)."""
    return [
        (image.pk, block.block.meta.picture_size)
        for block in body
        if hasattr(block.block.meta, "picture_size") and (image := block.value["image"])
    ]
