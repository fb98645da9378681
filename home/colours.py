"""From one accent colour, what the site paints with it: readable on light and on dark, or refused.

The chosen colour keeps its hue; its lightness moves only as far as reading asks for. Colours are written out
as sRGB, so that what is measured here is what a screen shows. The surfaces and inks are those of
static/css/tokens.css, the only other place that knows them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from math import atan2, cbrt, cos, degrees, hypot, radians, sin
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

HOUSE = "#f3b33d"
"""The saffron that tokens.css is made for: it needs no stylesheet of its own."""

READABLE = 4.5
"""WCAG 2.2 AA, for text of any size."""
SEEN_ON_LIGHT, SEEN_ON_DARK = 1.6, 3.0
"""A filled button against the page: its label is read either way, its shape is to be seen."""
LEAST_CHROMA = 0.035
"""Below, a colour is a grey, and says nothing that the text around it does not."""
HOVER = 0.045
STEP = 0.005

Linear = tuple[float, float, float]


class Oklch(NamedTuple):
    lightness: float
    chroma: float
    hue: float
    """Degrees."""


class Theme(NamedTuple):
    surfaces: tuple[Oklch, ...]
    """`--paper` first, then `--paper-2`."""
    texts: tuple[Oklch, ...]
    """`--ink` and `--muted`, which also stand on the wash."""
    wash: tuple[float, float]
    """Lightness, and the most chroma."""
    seen: float
    towards: int
    """Which way lightness goes for text that does not read yet."""


LIGHT = Theme(
    surfaces=(Oklch(0.989, 0.005, 75), Oklch(0.962, 0.011, 75)),
    texts=(Oklch(0.26, 0.05, 266), Oklch(0.46, 0.032, 264)),
    wash=(0.958, 0.043),
    seen=SEEN_ON_LIGHT,
    towards=-1,
)
DARK = Theme(
    surfaces=(Oklch(0.205, 0.037, 264), Oklch(0.245, 0.042, 264)),
    texts=(Oklch(0.95, 0.012, 85), Oklch(0.78, 0.022, 262)),
    wash=(0.31, 0.05),
    seen=SEEN_ON_DARK,
    towards=1,
)
ON_FILL = (Oklch(0.25, 0.052, 266), Oklch(0.989, 0.005, 75))
"""What a filled button is labelled in: night, or paper."""


class Shades(NamedTuple):
    """The accent in one theme, each as `#rrggbb`."""

    fill: str
    strong: str
    """The fill while it is pointed at."""
    ink: str
    """On both."""
    text: str
    """On the page and on the wash."""
    wash: str


class Palette(NamedTuple):
    light: Shades
    dark: Shades

    def css(self) -> str:
        """The custom properties of tokens.css, to be read after it."""
        names = ("accent", "accent-strong", "accent-ink", "accent-text", "accent-wash")
        pairs = zip(names, self.light, self.dark, strict=True)
        properties = "".join(f"--{name}:light-dark({one},{other});" for name, one, other in pairs)
        return f":root{{{properties}}}"

    def version(self) -> str:
        """Changes with any of the colours, so that an address with it can be kept for ever."""
        return hashlib.sha256(self.css().encode()).hexdigest()[:10]


@lru_cache(maxsize=64)
def palette(accent: str) -> Palette:
    """The shades of `#rrggbb`; a ValidationError where it is no colour, or none but a grey."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", accent):
        raise ValidationError(
            _("Écrivez la couleur comme %(example)s : un croisillon, puis six chiffres ou lettres de a à f.")
            % {"example": HOUSE},
            code="no_colour",
        )
    chosen = read(accent)
    made = Palette(_shades(chosen, LIGHT), _shades(chosen, DARK))
    if min(read(shade.text).chroma for shade in made) < LEAST_CHROMA:
        raise ValidationError(
            _(
                "Cette couleur ne peut pas être rendue lisible : sur fond clair ou sur fond sombre, elle "
                "deviendrait un gris que rien ne distingue du texte. Choisissez une teinte plus vive."
            ),
            code="grey",
        )
    return made


def _shades(chosen: Oklch, theme: Theme) -> Shades:
    lightness, most = theme.wash
    wash = write(chosen._replace(lightness=lightness, chroma=min(most, chosen.chroma)))
    fill, strong, ink = _fill(chosen, theme)
    grounds = [*map(write, theme.surfaces), wash]
    text = next(
        text
        for text in _shifted(chosen, lambda step: [theme.towards * step])
        if all(contrast(text, ground) >= READABLE for ground in grounds)
    )
    return Shades(fill, strong, ink, text, wash)


def _fill(chosen: Oklch, theme: Theme) -> tuple[str, str, str]:
    """The nearest fill that is seen on the page and can be labelled, pointed at or not; and its label."""
    page = write(theme.surfaces[0])
    for fill in _shifted(chosen, lambda step: [step, -step]):
        if contrast(fill, page) < theme.seen:
            continue
        for ink in sorted(map(write, ON_FILL), key=lambda ink: -contrast(ink, fill)):
            for way in (theme.towards, -theme.towards):
                here = read(fill)
                strong = write(here._replace(lightness=here.lightness + way * HOVER))
                if min(contrast(ink, fill), contrast(ink, strong)) >= READABLE:
                    return fill, strong, ink
    raise AssertionError(chosen)  # black and white are among the shifted, and one of them is always read


def _shifted(chosen: Oklch, ways: Callable[[float], list[float]]) -> Iterator[str]:
    """The colour in every lightness, the nearest to its own first."""
    for number in range(int(1 / STEP) + 1):
        for way in ways(number * STEP):
            if 0 <= chosen.lightness + way <= 1:
                yield write(chosen._replace(lightness=chosen.lightness + way))


def contrast(one: str, other: str) -> float:
    """As WCAG counts it, from 1 to 21; of two `#rrggbb`."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(colour: str) -> Linear:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return red, green, blue


# https://bottosson.github.io/posts/oklab/


@lru_cache(maxsize=4096)
def read(colour: str) -> Oklch:
    red, green, blue = _linear(colour)
    long = cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    return Oklch(lightness, hypot(a, b), degrees(atan2(b, a)) % 360)


@lru_cache(maxsize=4096)
def write(colour: Oklch) -> str:
    """As `#rrggbb`; where a screen has no such colour, with as much of its chroma as it has."""
    lightness = min(max(colour.lightness, 0.0), 1.0)
    least, most = 0.0, colour.chroma
    shown = _mixed(lightness, most, colour.hue)
    if not _on_screen(shown):
        for _round in range(14):
            middle = (least + most) / 2
            shown = _mixed(lightness, middle, colour.hue)
            least, most = (middle, most) if _on_screen(shown) else (least, middle)
        shown = _mixed(lightness, least, colour.hue)
    return "#" + "".join(f"{_byte(part):02x}" for part in shown)


def _mixed(lightness: float, chroma: float, hue: float) -> Linear:
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _on_screen(colour: Linear) -> bool:
    return all(-0.0005 <= part <= 1.0005 for part in colour)


def _byte(part: float) -> int:
    part = min(max(part, 0.0), 1.0)
    return round(255 * (12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055))
