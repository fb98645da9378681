"""What the demo's students say of their tutors: most are happy, some say what was missing, one tutor is new."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple

from django.utils import timezone

from accounts.models import User
from booking.grid import local_moment
from booking.models import Appointment
from config.demo_content.lessons import make_lesson
from config.demo_content.typesetting import typeset
from courses.models import Course, Tutor
from ratings.services import rate

NOAH, LEA, WILLIAM, FLORENCE, ADAM, ROSALIE, MALIK = range(7)
MATHS, CALCULUS, FRENCH = "mathematiques-du-secondaire", "calcul-differentiel", "francais-ecrit"
PHYSICS, CHEMISTRY, ENGLISH = "physique-mecanique", "chimie-generale", "anglais-langue-seconde"


class Opinion(NamedTuple):
    weeks: int
    """How long ago the lesson was; of one tutor, no two in the same week."""
    who: int
    course: str
    answers: tuple[int, int, int, int]
    words: str = ""


OPINIONS: dict[str, list[Opinion]] = {
    "maude": [
        Opinion(3, NOAH, MATHS, (5, 5, 5, 5), "Mon gars a recommencé à faire ses devoirs sans qu’on le lui demande. Elle trouve l’erreur avec lui, jamais à sa place."),
        Opinion(5, LEA, CALCULUS, (5, 5, 5, 4), "La règle de la chaîne, enfin. Elle l’a expliquée de trois façons et c’est la troisième qui est restée."),
        Opinion(6, WILLIAM, MATHS, (5, 5, 4, 5), "Très patiente. J’aurais pris un peu plus d’exercices à faire entre deux rencontres."),
        Opinion(8, FLORENCE, MATHS, (5, 5, 5, 5)),
        Opinion(9, ADAM, MATHS, (5, 5, 5, 5), "62 à l’étape 1, 78 à l’étape 2.\nMerci, Maude!"),
        Opinion(12, ROSALIE, CALCULUS, (4, 5, 5, 4), "Elle connaît les examens du cégep par cœur. On a refait ceux des trois dernières sessions."),
        Opinion(14, MALIK, MATHS, (5, 4, 5, 5), "Ma fille l’appelle sa « prof de courage ». Ça dit tout."),
        Opinion(17, NOAH, CALCULUS, (5, 5, 5, 5), "Toujours à l’heure, toujours de bonne humeur, même le lundi matin."),
        Opinion(21, WILLIAM, CALCULUS, (5, 5, 4, 4), "Bonnes explications. La tablette graphique aide beaucoup à suivre."),
    ],
    "etienne": [
        Opinion(2, LEA, PHYSICS, (5, 5, 5, 5), "Il a dessiné les forces sur une photo de mon vélo. Je ne les oublierai plus."),
        Opinion(4, ADAM, CALCULUS, (4, 5, 4, 5), "Solide. Va vite quand il est emballé, mais il suffit de lui dire de ralentir."),
        Opinion(7, MALIK, PHYSICS, (5, 5, 4, 5), "On sent l’ingénieur : tout sert à quelque chose de réel."),
        Opinion(11, ROSALIE, CALCULUS, (4, 5, 4, 4)),
        Opinion(15, FLORENCE, PHYSICS, (5, 5, 5, 4), "J’ai réussi le cours que j’avais abandonné l’an passé."),
    ],
    "amelie": [
        Opinion(2, WILLIAM, FRENCH, (5, 5, 5, 5), "Mes textes d’opinion ont enfin un plan. Et j’ai appris à couper."),
        Opinion(5, NOAH, FRENCH, (5, 5, 5, 4), "Elle corrige avec des questions plutôt qu’avec du rouge."),
        Opinion(8, ROSALIE, FRENCH, (5, 5, 4, 4), "Un peu exigeante au début, et c’est ce qu’il fallait."),
        Opinion(10, FLORENCE, FRENCH, (5, 5, 5, 5), "J’ai passé l’épreuve uniforme du premier coup."),
        Opinion(16, ADAM, FRENCH, (5, 5, 5, 5)),
    ],
    "karim": [
        Opinion(3, FLORENCE, CHEMISTRY, (5, 5, 4, 5), "La stœchiométrie, c’est une recette de cuisine. Il fallait juste qu’on me le dise."),
        Opinion(6, MALIK, CHEMISTRY, (4, 5, 3, 4), "Très calé. Parfois un peu abstrait pour le secondaire, mais il s’ajuste quand on le demande."),
        Opinion(9, LEA, PHYSICS, (5, 5, 4, 4)),
        Opinion(13, NOAH, MATHS, (5, 4, 4, 5), "Drôle et clair. Mon fils attend le jeudi avec impatience."),
    ],
    "genevieve": [
        Opinion(2, ADAM, ENGLISH, (5, 5, 5, 5), "I finally speak in meetings. Merci, Geneviève, pour la patience et les fous rires."),
        Opinion(4, ROSALIE, ENGLISH, (5, 5, 5, 4), "Conversation pendant cinquante minutes, grammaire pendant dix : exactement le dosage que je voulais."),
        Opinion(9, WILLIAM, FRENCH, (5, 5, 4, 4), "Beaucoup d’expérience, et ça se voit."),
        Opinion(18, LEA, ENGLISH, (5, 5, 5, 5)),
    ],
    "samuel": [
        Opinion(3, MALIK, MATHS, (5, 4, 4, 5), "Il est jeune, il se souvient de ce qui bloque. Super dynamique."),
        Opinion(7, ADAM, PHYSICS, (3, 4, 4, 5), "Bon cours, mais deux retards de cinq minutes. Il les a rendus à la fin."),
        Opinion(10, FLORENCE, MATHS, (5, 4, 5, 5), "Mes deux ados se disputent sa place du mercredi."),
    ],
    "linh": [
        Opinion(4, ROSALIE, CHEMISTRY, (5, 5, 5, 5), "Elle explique les équilibres avec des exemples de pharmacie. Passionnant."),
    ],
}  # fmt: skip


def give(
    *,
    student: User,
    others: Sequence[User],
    tutors: dict[str, Tutor],
    courses: dict[str, Course],
    now: datetime,
) -> None:
    """Each with the lesson that it is about; the demo's own student has said what she thinks of one tutor."""
    for key, opinions in OPINIONS.items():
        for opinion in opinions:
            _say(others[opinion.who], tutors[key], courses[opinion.course], opinion, now)
    own = Opinion(
        3,
        0,
        FRENCH,
        (5, 5, 4, 5),
        "Amélie lit vraiment ce que j’écris, jusqu’à la dernière note de bas de page.",
    )
    _say(student, tutors["amelie"], courses[FRENCH], own, now)


def _say(student: User, tutor: Tutor, course: Course, opinion: Opinion, now: datetime) -> None:
    day = timezone.localdate(now) - timedelta(weeks=opinion.weeks)
    start = local_moment(day, time(16))
    lesson = make_lesson(student, tutor, course, start, 60, Appointment.Status.COMPLETED)
    rate(
        student=student,
        tutor=tutor,
        course=course,
        answers=opinion.answers,
        comment=typeset(opinion.words),
        version=0,
        now=lesson.end + timedelta(days=1),
    )
