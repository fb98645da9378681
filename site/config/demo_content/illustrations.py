"""The drawings of the subjects and of a lesson: blue and saffron on paper or night, one idea each."""

from __future__ import annotations

import math
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

SUBJECT, SCENE = (640, 360), (640, 480)


def _maths() -> Drawing:
    """Set square, compasses and the circle they drew."""
    d = Drawing(*SUBJECT, SAND)
    d.circle(392, 196, 122, "#e4d0a8")
    d.line("M514 196a122 122 0 1 1-244 0a122 122 0 1 1 244 0", DUSK, 3)
    d.line("M392 196L478 110", DUSK, 2.5)
    d.circle(392, 196, 5, NIGHT)
    d.circle(478, 110, 7, SAFFRON)
    d.fill("M84 296V92l230 204z", INDIGO)
    d.fill("M124 262v-88l98 88z", SAND)
    for step in range(9):
        d.line(f"M{104 + 22 * step} 296v-{14 if step % 2 else 9}", PAPER, 2.2)
    d.line("M452 40L392 196", NIGHT, 9)
    d.line("M452 40L516 190", NIGHT, 9)
    d.fill("M510 178l14-6 8 34z", SAFFRON)
    d.line("M392 196l-5 14", SLATE, 4)
    d.circle(452, 42, 15, SAFFRON)
    d.circle(452, 42, 5, NIGHT)
    d.line("M424 112h58", NIGHT, 5)
    return d


def _calculus() -> Drawing:
    """A curve, its tangent, and the point where they meet, lit."""
    d = Drawing(*SUBJECT, NIGHT)
    for x in range(80, 600, 40):
        d.line(f"M{x} 40v280", "#202c52", 1.4)
    for y in range(40, 330, 40):
        d.line(f"M80 {y}h480", "#202c52", 1.4)
    curve = "M96 276C190 300 236 284 290 212S412 54 548 74"
    d.fill(f"{curve}V300H96z", "#1f2d5a")
    d.line("M80 300h492M100 320V36", SLATE, 3)
    d.fill("M572 294l14 6-14 6zM94 36l6-14 6 14z", SLATE)
    d.glow(309, 187, 104)
    d.line("M206 322L432 30", SAFFRON, 4)
    d.line(curve, PAPER, 6)
    d.circle(309, 187, 11, PAPER)
    d.circle(309, 187, 6.5, EMBER)
    for y in range(206, 300, 14):
        d.line(f"M309 {y}v5", SAFFRON, 2.4)
    return d


def _french() -> Drawing:
    """An open notebook, a pen, and the line it has just written, between guillemets."""
    d = Drawing(*SUBJECT, INDIGO)
    d.glow(330, 130, 230, "#5c6ba0")
    d.fill("M84 108c78-26 160-22 236 14v188c-76-34-158-38-236-14z", PAPER)
    d.fill("M556 108c-78-26-160-22-236 14v188c76-34 158-38 236-14z", "#f3e8d0")
    d.line("M320 122v188", MIST, 3)
    for row in range(5):
        y = 150 + 30 * row
        d.line(f"M112 {y}c58-16 120-12 180 8", MIST, 2.2)
    d.line("M346 190c30-10 56-14 88-14M346 222c40-12 90-18 176-8M346 254c30-8 60-12 92-12", "#d9cba8", 2.4)
    d.line("M114 150c16-26 30-22 26-4s14 16 22-2 22-14 20 2 16 10 24-2 22-8 24 4", NIGHT, 4.5)
    d.line("M114 184c12-20 26-18 22-2s12 14 20 0 16-10 22-4", NIGHT, 4.5)
    d.line("M374 148l-16 16 16 16M396 148l-16 16 16 16", SAFFRON, 6)
    d.line("M488 148l16 16-16 16M466 148l16 16-16 16", SAFFRON, 6)
    d.fill("M182 176l26-52L398 34l22 44-190 92z", NIGHT)
    d.fill("M398 34l30-14c12-4 24 16 16 26l-24 32z", SAFFRON)
    d.fill("M182 176l26-52 22 46z", GLOW)
    d.line("M182 176l22-20", NIGHT, 2.4)
    d.line("M240 112l22 44", SAFFRON, 5)
    return d


def _physics() -> Drawing:
    """A pendulum at five moments: where it was, and where it is."""
    d = Drawing(*SUBJECT, "#e9ecf4")
    d.fill("M0 318h640v42H0z", MIST)
    d.fill("M110 40h420v18H110z", NIGHT)
    d.fill("M132 58h14v260h-14zM494 58h14v260h-14z", NIGHT)
    d.fill("M104 306h70v12h-70zM466 306h70v12h-70z", NIGHT)

    def bob(degrees: int) -> tuple[float, float]:
        return 320 + 196 * math.sin(math.radians(degrees)), 58 + 196 * math.cos(math.radians(degrees))

    arc = map(bob, range(-38, 35, 2))
    d.line("M" + " ".join(f"{x:.1f} {y:.1f}" for x, y in arc), SLATE, 2)
    before = {-38: "#d5dae8", -24: "#c3cadf", -8: "#a9b3d1", 12: "#8793bb"}
    for degrees, colour in before.items():
        x, y = bob(degrees)
        d.line(f"M320 58L{x:.1f} {y:.1f}", colour, 2.4)
        d.circle(x, y, 25, colour)
    x, y = bob(34)
    d.glow(x, y, 66)
    d.line(f"M320 58L{x:.1f} {y:.1f}", NIGHT, 3.4)
    d.circle(x, y, 27, SAFFRON)
    d.circle(x - 8, y - 9, 7, GLOW)
    d.circle(320, 58, 8, SAFFRON)
    return d


def _chemistry() -> Drawing:
    """A flask that glows, and the ring of a molecule."""
    d = Drawing(*SUBJECT, "#202d57")
    d.fill("M0 316h640v44H0z", NIGHT)
    d.glow(236, 236, 190)
    d.fill("M206 44h60v92l76 148c10 22-2 36-24 36H154c-22 0-34-14-24-36l76-148z", "#dfe5f2")
    d.fill("M216 60h40v80l76 146c6 14 0 24-16 24H156c-16 0-22-10-16-24l76-146z", "#f6f7fb")
    d.fill("M171 224c24-14 44 12 70 4 26-10 40-18 60-4l32 62c6 14 0 24-16 24H156c-16 0-22-10-16-24z", SAFFRON)
    d.fill("M144 280c60 16 120 14 184-2l5 8c6 14 0 24-16 24H156c-16 0-22-10-16-24z", EMBER)
    d.fill("M196 36h80c10 0 10 18 0 18h-80c-10 0-10-18 0-18z", PAPER)
    for bubble in (
        (206, 262, 9),
        (244, 248, 6),
        (262, 280, 11),
        (222, 292, 5),
        (236, 206, 5),
        (228, 176, 4),
    ):
        d.circle(*bubble, GLOW)
    ring = [
        (474 + 62 * math.sin(math.radians(a)), 170 - 62 * math.cos(math.radians(a)))
        for a in range(0, 360, 60)
    ]
    d.line("M" + " ".join(f"{x:.1f} {y:.1f}" for x, y in [*ring, ring[0], ring[1]]), MIST, 5)
    inner = [(474 + (x - 474) * 0.74, 170 + (y - 170) * 0.74) for x, y in ring]
    for index in (0, 2, 4):
        (x1, y1), (x2, y2) = inner[index : index + 2]
        d.line(f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}", MIST, 4)
    d.line(f"M{ring[1][0]:.1f} {ring[1][1]:.1f}l50-29M{ring[4][0]:.1f} {ring[4][1]:.1f}l-46 27", MIST, 5)
    for index, (x, y) in enumerate(ring):
        d.circle(x, y, 12, SAFFRON if index == 1 else PAPER)
    d.circle(ring[1][0] + 50, ring[1][1] - 29, 16, DUSK)
    d.circle(ring[4][0] - 46, ring[4][1] + 27, 12, SLATE)
    return d


def _english() -> Drawing:
    """Two people talking: one voice on night, one on saffron."""
    d = Drawing(*SUBJECT, GLOW)
    d.circle(560, 60, 150, "#ffd98a")
    d.circle(60, 340, 130, "#fbd07a")
    d.fill(
        "M120 62h246c22 0 36 14 36 34v86c0 20-14 34-36 34H226l-58 54 8-54h-56c-22 0-36-14-36-34V96"
        "c0-20 14-34 36-34z",
        NIGHT,
    )
    d.fill(
        "M296 148h226c20 0 34 14 34 32v82c0 18-14 32-34 32h-46l10 44-58-44H296c-20 0-34-14-34-32v-82"
        "c0-18 14-32 34-32z",
        PAPER,
    )
    d.line("M120 112h150M120 144h96", SLATE, 9)
    d.line("M292 112h74", SAFFRON, 9)
    d.line("M302 196h120M302 228h206M302 260h88", "#d8c9a6", 9)
    d.line("M446 196h62M414 260h60", EMBER, 9)
    return d


def _notebook() -> Drawing:
    """An open notebook under a lamp: one line of a calculation is circled."""
    d = Drawing(*SCENE, INDIGO)
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
    d = Drawing(*SCENE, NIGHT)
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


SUBJECTS: dict[str, Callable[[], Drawing]] = {
    "mathematiques": _maths,
    "calcul": _calculus,
    "francais": _french,
    "physique": _physics,
    "chimie": _chemistry,
    "anglais": _english,
}
SCENES: dict[str, tuple[Callable[[], Drawing], str]] = {
    "cahier": (_notebook, "Un cahier ouvert sous une lampe; une ligne d’un calcul est encerclée"),
    "tableau": (
        _screen,
        "Sur un écran, une courbe au tableau partagé, et les deux personnes qui la regardent",
    ),
}


def subject(name: str) -> bytes:
    """A WebP of 1280 × 720 pixels."""
    return SUBJECTS[name]().webp()


def scene(name: str) -> bytes:
    """A WebP of 1280 × 960 pixels."""
    return SCENES[name][0]().webp()
