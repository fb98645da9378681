"""Two drawings of a lesson, in the same blue and saffron as the subjects."""

from __future__ import annotations

from collections.abc import Callable

from config.demo_content.drawing import (
    DUSK,
    EMBER,
    GLOW,
    INDIGO,
    MIST,
    NIGHT,
    PAPER,
    SAFFRON,
    SAND,
    SLATE,
    Drawing,
)

WIDTH, HEIGHT = 640, 480


def _notebook() -> Drawing:
    """An open notebook under a lamp: one line of a calculation is circled."""
    d = Drawing(WIDTH, HEIGHT, INDIGO)
    d.glow(330, 150, 330, "#7382b4")
    d.fill("M0 400h640v80H0z", NIGHT)
    d.fill("M70 168c92-30 176-26 250 16v220c-80-40-164-44-250-12z", PAPER)
    d.fill("M570 168c-92-30-176-26-250 16v220c80-40 164-44 250-12z", "#f3e8d0")
    d.line("M320 184v220", MIST, 3)
    for row in range(6):
        y = 212 + 28 * row
        d.line(f"M108 {y + 4}c60-16 122-14 178 6", MIST, 2)
        d.line(f"M532 {y + 4}c-60-16-122-14-178 6", "#dccba6", 2)
    d.line("M116 206c22-6 40-8 62-8M190 199c26 0 40 2 62 8", DUSK, 5)
    d.line("M116 236c30-8 58-9 84-7M214 231c18 2 34 6 48 10", DUSK, 5)
    d.line("M116 266c18-5 34-7 50-8", DUSK, 5)
    d.line("M180 262c24-4 50 0 74 8", EMBER, 5)
    d.line("M168 264c4-24 96-26 104 4c4 28-98 30-104-4", SAFFRON, 5)
    d.line("M116 296c34-9 66-9 96-5M116 326c26-7 52-8 80-5", DUSK, 5)
    d.line("M372 208c26-8 56-10 84-8M372 238c40-12 80-13 120-6M372 268c24-7 46-9 66-8", SLATE, 5)
    d.line("M392 330l40 26l74-92", SAFFRON, 9)
    d.fill("M468 396l86-138 22 14-86 138-28 14z", SAFFRON)
    d.fill("M554 258l8-14c6-9 28 4 22 14l-8 14z", EMBER)
    d.fill("M468 396l22 14-28 14z", NIGHT)
    d.fill("M250 0h140l34 84H216z", NIGHT)
    d.fill("M216 84h208v12H216z", SAFFRON)
    d.circle(320, 108, 16, GLOW)
    return d


def _screen() -> Drawing:
    """A screen in the evening: a curve on a shared board, and two people beside it."""
    d = Drawing(WIDTH, HEIGHT, NIGHT)
    d.glow(320, 230, 350, "#3a4c86")
    for x, y, radius in (
        (70, 60, 3),
        (150, 110, 2),
        (560, 72, 3),
        (600, 180, 2),
        (48, 210, 2),
        (520, 130, 2),
    ):
        d.circle(x, y, radius, PAPER)
    d.fill(
        "M96 84h448a14 14 0 0 1 14 14v250a14 14 0 0 1-14 14H96a14 14 0 0 1-14-14V98a14 14 0 0 1 14-14z",
        "#0e1730",
    )
    d.fill("M102 104h306v238H102z", PAPER)
    for x in range(138, 400, 36):
        d.line(f"M{x} 112v222", SAND, 2)
    for y in range(140, 330, 36):
        d.line(f"M110 {y}h290", SAND, 2)
    d.line("M124 318h266M138 330V120", SLATE, 4)
    d.line("M146 300C190 296 214 256 246 208S330 128 384 138", INDIGO, 6)
    d.line("M188 292L322 108", SAFFRON, 5)
    d.circle(252, 201, 9, EMBER)
    d.line("M296 258c22-6 44-6 66-2M296 282c16-4 34-4 50-2", DUSK, 5)
    d.fill("M420 104h124v114H420z", INDIGO)
    d.fill("M420 228h124v114H420z", DUSK)
    d.fill("M438 218c4-34 22-44 44-44s40 10 44 44z", SAFFRON)
    d.circle(482, 148, 25, "#e9c39b")
    d.fill("M456 148c-4-34 48-42 52-6c-10-8-20-12-30-10c-8 2-16 6-22 16z", NIGHT)
    d.fill("M438 342c4-34 22-44 44-44s40 10 44 44z", PAPER)
    d.circle(482, 272, 25, "#a56a43")
    d.fill("M455 278c-8-44 60-48 55 2c-2-14-8-22-18-24c-14 8-28 8-37 22z", "#2a1a14")
    d.fill("M40 384h560l28 42a10 10 0 0 1-8 14H20a10 10 0 0 1-8-14z", SLATE)
    d.fill("M40 384h560l10 16H30z", MIST)
    d.fill("M262 400h116l8 14H254z", SLATE)
    return d


SCENES: dict[str, tuple[Callable[[], Drawing], str]] = {
    "cahier": (_notebook, "Un cahier ouvert sous une lampe; une ligne d’un calcul est encerclée"),
    "tableau": (
        _screen,
        "Sur un écran, une courbe au tableau partagé, et les deux personnes qui la regardent",
    ),
}


def scene(name: str) -> bytes:
    """As WebP."""
    return SCENES[name][0]().webp()
