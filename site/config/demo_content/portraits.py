"""The tutors' portraits: one way to draw a person, and what makes each of them somebody."""

from __future__ import annotations

from dataclasses import dataclass, field

from config.demo_content.drawing import DUSK, GLOW, INDIGO, MIST, NIGHT, PAPER, SAFFRON, SAND, SLATE, Drawing

# Skin and its shade, hair: all between saffron and ink.
FAIR, TAN, DEEP = ("#f6d9bd", "#e6b894"), ("#e9bc92", "#d19b6d"), ("#84523a", "#683d2a")
RAVEN, CHESTNUT, COPPER, SILVER, STRAW = "#1b2033", "#5a3a2c", "#b5602c", "#b9bfcf", "#d9a85a"


@dataclass(frozen=True)
class Person:
    background: str
    skin: tuple[str, str]
    hair: str
    clothes: str
    hair_behind: str = ""
    hair_before: str = ""
    brows: str = ""
    collar: str = "crew"
    trim: str = PAPER
    beard: bool = False
    glasses: bool = False
    earrings: bool = False
    curls: tuple[tuple[float, float, float], ...] = field(default=())


# All in a square of 320 units: the face is about (160, 140), the shoulders reach the lower edge.
PEOPLE: dict[str, Person] = {
    "maude": Person(
        background=SAFFRON,
        skin=FAIR,
        hair=CHESTNUT,
        clothes=NIGHT,
        hair_behind=(
            "M160 52C104 52 92 96 94 140c1 36-10 54-8 72 22 14 126 14 148 0 2-18-9-36-8-72 2-44-10-88-66-88z"
        ),
        hair_before=(
            "M108 132c-2-44 22-66 52-66 34 0 56 24 52 66-8-14-16-26-22-38-18 14-52 18-72 14-4 10-8 16-10 24z"
        ),
        collar="boat",
        earrings=True,
    ),
    "etienne": Person(
        background=DUSK,
        skin=FAIR,
        hair="#3a2a26",
        clothes=SAND,
        hair_before=(
            "M106 124c-6-46 22-70 58-70 38 0 58 26 50 70-4-10-6-20-8-30-26 2-58-2-76-14-10 10-18 24-24 44z"
        ),
        collar="shirt",
        trim=SLATE,
        beard=True,
        glasses=True,
    ),
    "amelie": Person(
        background=MIST,
        skin=FAIR,
        hair=COPPER,
        clothes=INDIGO,
        hair_behind=(
            "M160 48c-52 0-70 38-68 84 2 40-14 60-18 104-2 26 4 42 4 42h164s6-16 4-42"
            "c-4-44-20-64-18-104 2-46-16-84-68-84z"
        ),
        hair_before=(
            "M106 136c-6-40 16-72 54-72 10 0 2 26-18 42-14 10-28 14-36 30zM214 136c6-40-16-70-54-72"
            "-6 20 10 36 30 46 12 6 20 12 24 26z"
        ),
        collar="crew",
        trim=GLOW,
    ),
    "karim": Person(
        background=SAND,
        skin=TAN,
        hair=RAVEN,
        clothes=INDIGO,
        hair_before=(
            "M104 128c-6-12-8-26-4-38C104 62 130 56 160 56s56 6 60 34c4 12 2 26-4 38-4-8-6-16-8-24"
            "-28 8-66 8-94 0-4 8-6 16-10 24z"
        ),
        curls=(
            (112, 84, 17),
            (130, 68, 19),
            (152, 60, 20),
            (176, 61, 20),
            (196, 72, 18),
            (208, 90, 15),
            (160, 78, 20),
            (184, 82, 18),
            (136, 84, 18),
        ),
        collar="polo",
        beard=True,
    ),
    "genevieve": Person(
        background=INDIGO,
        skin=FAIR,
        hair=SILVER,
        clothes=SAFFRON,
        hair_behind=(
            "M160 54c-46 0-64 32-64 76 0 30-6 44-2 58 16 8 30 8 40 4h52c10 4 24 4 40-4 4-14-2-28-2-58 0"
            "-44-18-76-64-76z"
        ),
        hair_before=(
            "M106 140c-6-46 16-76 54-76s60 30 54 76c-6-8-10-22-14-34-30 2-56-8-70-22-4 20-12 38-24 56z"
        ),
        collar="roll",
        trim="#df9c26",
        glasses=True,
    ),
    "samuel": Person(
        background="#aab6d6",
        skin=FAIR,
        hair=STRAW,
        clothes=SAFFRON,
        hair_before=(
            "M104 126c-8-30 4-50 20-58 10-16 40-22 58-12 22-2 40 20 36 44 0 10-2 18-4 26-4-12-8-20-14-26"
            "-14 6-28 4-36-4-12 10-30 12-44 6-8 6-12 14-16 24z"
        ),
        collar="hood",
        trim="#df9c26",
    ),
    "mireille": Person(
        background=GLOW,
        skin=DEEP,
        hair="#221a24",
        clothes=DUSK,
        curls=(
            (160, 62, 34),
            (124, 72, 30),
            (196, 72, 30),
            (98, 98, 28),
            (222, 98, 28),
            (90, 130, 25),
            (230, 130, 25),
            (100, 158, 20),
            (220, 158, 20),
            (142, 56, 26),
            (178, 56, 26),
        ),
        hair_before="M106 124C100 80 128 58 160 58s60 22 54 66c-12-18-32-26-54-26s-42 8-54 26z",
        collar="boat",
        earrings=True,
    ),
    "linh": Person(
        background="#e6c68c",
        skin=TAN,
        hair=RAVEN,
        clothes=PAPER,
        hair_behind="M160 50c-50 0-68 36-68 82v92c20 8 40 8 50 0h36c10 8 30 8 50 0v-92c0-46-18-82-68-82z",
        hair_before="M106 130c-6-42 18-68 54-68s60 26 54 68c-2-8-4-14-6-18-32-6-64-6-96 0-2 4-4 10-6 18z",
        collar="blazer",
        trim=NIGHT,
    ),
}

# What is at the neck: (path, colour or "trim" or "skin", width of the line; 0 fills).
COLLARS: dict[str, tuple[tuple[str, str, float], ...]] = {
    "crew": (("M124 240c8 24 64 24 72 0", "trim", 6),),
    "boat": (("M108 242c20 30 84 30 104 0l-16-4-12-8h-48l-12 8z", "skin", 0),),
    "shirt": (
        ("M136 226l24 30 24-30 16 10-20 46-20-24-20 24-20-46z", "trim", 0),
        ("M160 262v68", "trim", 3),
    ),
    "polo": (
        ("M134 228l26 34 26-34 14 8-14 38-26-16-26 16-14-38z", "trim", 0),
        ("M160 262v30", "trim", 5),
    ),
    "roll": (("M130 214c18 14 42 14 60 0l6 32c-20 18-52 18-72 0z", "trim", 0),),
    "hood": (
        ("M118 238c-6-16 4-26 16-30 6 34 46 34 52 0 12 4 22 14 16 30-14 32-70 32-84 0z", "trim", 0),
        ("M146 262v26M174 262v26", PAPER, 4),
    ),
    "blazer": (
        ("M40 330c2-56 34-82 84-90l12-6 24 60-4 40z", "trim", 0),
        ("M280 330c-2-56-34-82-84-90l-12-6-24 60 4 40z", "trim", 0),
        ("M124 240l-14 34 22 8-8 14 34 36 2-38-24-60z", SLATE, 0),
        ("M196 240l14 34-22 8 8 14-34 36-2-38 24-60z", SLATE, 0),
    ),
}


def portrait(name: str) -> bytes:
    """A WebP of 640 × 640 pixels."""
    person = PEOPLE[name]
    drawing = Drawing(320, 320, person.background, scale=2)
    _hair_behind(drawing, person)
    _body(drawing, person)
    _head(drawing, person)
    _hair_before(drawing, person)
    _features(drawing, person)
    return drawing.webp()


def _hair_behind(drawing: Drawing, person: Person) -> None:
    if person.hair_behind:
        drawing.fill(person.hair_behind, person.hair)
    for x, y, radius in person.curls:
        drawing.circle(x, y, radius, person.hair)


def _body(drawing: Drawing, person: Person) -> None:
    skin, shade = person.skin
    drawing.fill("M40 330c2-56 34-82 84-90h72c50 8 82 34 84 90z", person.clothes)
    drawing.fill("M136 180h48v50c0 16-10 26-24 26s-24-10-24-26z", skin)
    drawing.fill("M136 196c12 12 36 14 48 0v14c-12 16-36 16-48 0z", shade)
    colours = {"trim": person.trim, "skin": skin}
    for path, colour, width in COLLARS[person.collar]:
        if width:
            drawing.line(path, colours.get(colour, colour), width)
        else:
            drawing.fill(path, colours.get(colour, colour))


def _head(drawing: Drawing, person: Person) -> None:
    skin, shade = person.skin
    for x in (110, 210):
        drawing.circle(x, 144, 12, shade)
    drawing.fill("M160 70c-34 0-52 24-52 62 0 42 24 76 52 76s52-34 52-76c0-38-18-62-52-62z", skin)
    if person.earrings:
        for x in (108, 212):
            drawing.circle(x, 162, 5, SAFFRON if person.background != SAFFRON else PAPER)


def _hair_before(drawing: Drawing, person: Person) -> None:
    if person.beard:
        drawing.fill(
            "M107 136c2 44 22 76 53 76s51-32 53-76c-6 14-14 26-22 32-12-10-50-10-62 0-8-6-16-18-22-32z",
            person.hair,
        )
    if person.hair_before:
        drawing.fill(person.hair_before, person.hair)


def _features(drawing: Drawing, person: Person) -> None:
    skin, shade = person.skin
    ink = "#1d2236"
    brows = (
        person.hair if person.hair not in (SILVER, STRAW) else SLATE if person.hair == SILVER else "#a87a34"
    )
    drawing.line("M128 124q10-7 20-2M172 122q10-5 20 2", brows, 4)
    for x in (139, 181):
        drawing.circle(x, 140, 4.4, ink)
    drawing.line("M160 142q-5 14-6 18 4 4 10 2", shade, 3.5)
    if person.beard:
        drawing.fill("M142 177c12-6 24-6 36 0-6 12-30 12-36 0z", skin)
    drawing.line("M145 179q15 13 30 0", "#8c3f32" if person.skin is not DEEP else "#3a1c18", 3.6)
    if person.glasses:
        drawing.line("M154 140a15 15 0 1 1-30 0a15 15 0 1 1 30 0", ink, 3)
        drawing.line("M196 140a15 15 0 1 1-30 0a15 15 0 1 1 30 0", ink, 3)
        drawing.line("M154 138q6-4 12 0M124 138l-14-2M196 138l14-2", ink, 3)
    elif not person.beard:
        for x in (128, 192):
            drawing.glow(x, 164, 15, "#e58a63" if person.skin is not DEEP else "#9c5a3c")
