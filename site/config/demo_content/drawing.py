"""Flat drawings from SVG path data, by Pillow alone: the demo needs pictures, not a rasteriser."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFilter

Point = tuple[float, float]

NIGHT, INDIGO, DUSK, SLATE, MIST = "#16203f", "#283864", "#3f5086", "#6f7ba3", "#ccd2e3"
PAPER, SAND, SAFFRON, GLOW, EMBER = "#fbf5e6", "#f0e2c8", "#f3b33d", "#ffe3a3", "#dc8a1c"

_SMOOTHING = 2  # drawn so many times larger, then made small: that is the anti-aliasing
_STEPS = 24
_TOKENS = re.compile(r"[MLHVCSQAZmlhvcsqaz]|[-+]?(?:\d*\.\d+|\d+\.?)")
_ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "A": 7, "Z": 0}


class Drawing:
    """A canvas of `width` × `height` units, saved as WebP at `scale` pixels a unit."""

    def __init__(self, width: int, height: int, background: str, *, scale: float = 2) -> None:
        self._size = (round(width * scale), round(height * scale))
        self._unit = scale * _SMOOTHING
        self._image = Image.new("RGB", (self._size[0] * _SMOOTHING, self._size[1] * _SMOOTHING), background)
        self._draw = ImageDraw.Draw(self._image)

    def fill(self, path: str, colour: str) -> None:
        for points in _subpaths(path):
            self._draw.polygon(self._scaled(points), fill=colour)

    def line(self, path: str, colour: str, width: float = 4) -> None:
        """A stroke with round ends and joints."""
        for points in _subpaths(path):
            scaled = self._scaled(points)
            self._draw.line(scaled, fill=colour, width=round(width * self._unit), joint="curve")
            for x, y in (scaled[0], scaled[-1]):
                self._dot(x, y, width * self._unit / 2, colour)

    def circle(self, x: float, y: float, radius: float, colour: str) -> None:
        self._dot(x * self._unit, y * self._unit, radius * self._unit, colour)

    def glow(self, x: float, y: float, radius: float, colour: str = SAFFRON) -> None:
        """Light that fades out towards `radius`."""
        small = Image.new("L", (96, 96), 0)
        ImageDraw.Draw(small).ellipse((30, 30, 66, 66), fill=190)
        side = round(2 * radius * self._unit)
        mask = small.filter(ImageFilter.GaussianBlur(9)).resize((side, side), Image.Resampling.BICUBIC)
        corner = (round((x - radius) * self._unit), round((y - radius) * self._unit))
        self._image.paste(Image.new("RGB", mask.size, colour), corner, mask)

    def webp(self) -> bytes:
        out = BytesIO()
        self._image.resize(self._size, Image.Resampling.LANCZOS).save(out, "WEBP", quality=90)
        return out.getvalue()

    def _scaled(self, points: list[Point]) -> list[Point]:
        return [(x * self._unit, y * self._unit) for x, y in points]

    def _dot(self, x: float, y: float, radius: float, colour: str) -> None:
        self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _subpaths(path: str) -> Iterator[list[Point]]:
    """The path's pieces as points, curves cut into short straight lines."""
    points: list[Point] = []
    for command, numbers in _commands(path):
        here = points[-1] if points else (0.0, 0.0)
        if command == "M":
            if len(points) > 1:
                yield points
            points = [(numbers[0], numbers[1])]
        elif command == "Z":
            points.append(points[0])
            yield points
            points = [points[0]]
        elif command == "L":
            points.append((numbers[0], numbers[1]))
        elif command == "A":
            points.extend(_arc(here, numbers))
        else:
            controls = [here, *zip(numbers[::2], numbers[1::2], strict=True)]
            points.extend(_bezier(controls, step / _STEPS) for step in range(1, _STEPS + 1))
    if len(points) > 1:
        yield points


def _commands(path: str) -> Iterator[tuple[str, list[float]]]:
    """`(command, absolute coordinates)`; H and V become L, S becomes C."""
    tokens = _TOKENS.findall(path)
    x = y = 0.0
    start = control = (0.0, 0.0)
    command = ""
    while tokens:
        if tokens[0].isalpha():
            command = tokens.pop(0)
        kind = command.upper()
        count = _ARGUMENTS[kind]
        numbers = [float(tokens.pop(0)) for _ in range(count)]
        if kind == "Z":
            (x, y) = start
            yield "Z", []
            continue
        offset_x, offset_y = (x, y) if command.islower() else (0.0, 0.0)
        if kind == "H":
            numbers = [numbers[0] + offset_x, y]
        elif kind == "V":
            numbers = [x, numbers[0] + offset_y]
        elif kind == "A":
            numbers = [*numbers[:5], numbers[5] + offset_x, numbers[6] + offset_y]
        else:
            numbers = [value + (offset_y if i % 2 else offset_x) for i, value in enumerate(numbers)]
        if kind == "S":  # the curve before it, mirrored, gives the first control point
            numbers = [2 * x - control[0], 2 * y - control[1], *numbers]
        x, y = numbers[-2:]
        control = (numbers[2], numbers[3]) if kind in "CS" else (x, y)
        if kind == "M":
            start = (x, y)
            command = "l" if command.islower() else "L"  # further pairs are lines, says SVG
        yield {"H": "L", "V": "L", "S": "C"}.get(kind, kind), numbers


def _bezier(controls: list[Point], t: float) -> Point:
    while len(controls) > 1:
        controls = [(a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t) for a, b in pairwise(controls)]
    return controls[0]


def _arc(start: Point, numbers: list[float]) -> list[Point]:
    """A circular arc in SVG's endpoint form; a radius too small to reach is taken as the smallest."""
    radius, _, _, large, sweep, x, y = numbers
    half_x, half_y = (x - start[0]) / 2, (y - start[1]) / 2
    half = math.hypot(half_x, half_y)
    radius = max(radius, half)
    away = math.sqrt(radius**2 - half**2) / half * (1 if large != sweep else -1)
    centre = (start[0] + half_x - away * half_y, start[1] + half_y + away * half_x)
    first = math.atan2(start[1] - centre[1], start[0] - centre[0])
    last = math.atan2(y - centre[1], x - centre[0])
    if sweep and last < first:
        last += 2 * math.pi
    elif not sweep and last > first:
        last -= 2 * math.pi
    angles = (first + (last - first) * step / _STEPS for step in range(1, _STEPS + 1))
    return [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles]
