"""The eight tutors of the demo: who they are, what they teach, and their believable weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from config.demo_content.accounts import TUTOR

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
WEEKDAYS = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)


@dataclass(frozen=True)
class Hours:
    """Some weekdays, from one local time to another."""

    days: tuple[int, ...]
    start: time
    end: time


@dataclass(frozen=True)
class Change:
    """A date, so many days from the day of loading, that differs from the week; whole days have no times."""

    in_days: int
    is_open: bool
    start: time | None = None
    end: time | None = None


@dataclass(frozen=True)
class DemoTutor:
    key: str
    """Names the portrait, and the page's slug begins with it."""
    first_name: str
    last_name: str
    rate: str
    """What the tutor earns an hour, in CAD."""
    priority: int
    courses: tuple[str, ...]
    headline: str
    bio: str
    method: str
    """Rich text."""
    hours: tuple[Hours, ...]
    email: str = ""
    changes: tuple[Change, ...] = ()
    off: tuple[int, int] | None = None
    """Time off from one day to another, both counted from the day of loading."""
    asks_for: tuple[str, ...] = ()
    """Courses that wait for an admin's approval."""

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


TUTORS = [
    DemoTutor(
        key="maude",
        first_name="Maude",
        last_name="Gagnon",
        email=TUTOR,
        rate="29.50",
        priority=10,
        courses=("mathematiques-du-secondaire", "calcul-differentiel"),
        headline="Onze ans d’enseignement au secondaire, et une patience qui ne s’use pas.",
        bio="J’ai enseigné les mathématiques onze ans dans une école publique de Sherbrooke avant de me consacrer "
        "au tutorat. J’y ai appris une chose : un élève qui dit « je suis poche en maths » a presque toujours "
        "manqué une seule marche, souvent trois ans plus tôt.\n\n"
        "Je travaille à partir de vos cahiers et de vos examens. On cherche l’erreur ensemble, sans honte, "
        "jusqu’à ce qu’elle devienne intéressante. Puis on recommence avec un problème neuf, et c’est vous qui "
        "expliquez.\n\n"
        "Le soir venu, je cours le long de la Magog et je perds aux échecs contre ma fille de neuf ans.",
        method="<h2>Ma façon de faire</h2><p>Je parle peu et je questionne beaucoup. Après chaque rencontre, vous "
        "recevez un résumé d’une page avec trois exercices choisis, et leur corrigé dans un fichier à part pour ne "
        "pas tenter le diable.</p>",
        hours=(
            Hours((MONDAY, TUESDAY, WEDNESDAY, THURSDAY), time(16), time(20, 30)),
            Hours((SATURDAY,), time(9), time(13)),
        ),
        changes=(
            Change(in_days=9, is_open=False),
            Change(in_days=15, is_open=True, start=time(13), end=time(17)),
        ),
    ),
    DemoTutor(
        key="etienne",
        first_name="Étienne",
        last_name="Tremblay",
        rate="34.25",
        priority=20,
        courses=("calcul-differentiel", "physique-mecanique"),
        headline="Ingénieur devenu enseignant de cégep, à Chicoutimi.",
        bio="Ingénieur mécanique de formation, j’ai passé six ans à calculer des ponts avant de comprendre que "
        "j’aimais mieux expliquer les calculs que les signer. J’enseigne depuis la physique et le calcul au "
        "collégial.\n\n"
        "Je dessine tout. Un problème de mécanique bien dessiné est à moitié résolu, et une dérivée que l’on voit "
        "bouger ne s’oublie plus. Préparez du papier : je vous ferai tenir le crayon.\n\n"
        "Je suis aussi celui qui vous dira honnêtement si une heure de plus vaut mieux qu’une nuit de sommeil "
        "avant l’examen. D’habitude, c’est la nuit.",
        method="<h2>Ma façon de faire</h2><p>Nous commençons par un problème que vous avez raté. Je ne donne pas la "
        "solution : je vous demande où vous vous êtes arrêté, et pourquoi là.</p>",
        hours=(
            Hours((TUESDAY, THURSDAY), time(17), time(21)),
            Hours((SATURDAY,), time(10), time(16)),
            Hours((SUNDAY,), time(13), time(17)),
        ),
        off=(20, 27),
    ),
    DemoTutor(
        key="amelie",
        first_name="Amélie",
        last_name="Bouchard",
        rate="28.75",
        priority=10,
        courses=("francais-ecrit",),
        headline="Réviseure et autrice : elle fait aimer la virgule.",
        bio="Réviseure linguistique depuis huit ans, je corrige des romans le matin et j’accompagne des élèves le "
        "reste du temps. Les deux métiers se ressemblent : il s’agit d’entendre ce que quelqu’un a voulu dire, "
        "puis de l’aider à le dire mieux.\n\n"
        "Avec moi, la grammaire arrive toujours par un texte, jamais par une liste. On relève trois fautes qui "
        "reviennent, on les comprend, on les chasse, et l’on passe aux suivantes.\n\n"
        "J’ai préparé plus de deux cents jeunes à l’épreuve de cinquième secondaire et à l’épreuve uniforme du "
        "collégial.",
        method="<h2>Ma façon de faire</h2><p>Envoyez-moi une page que vous avez écrite, n’importe laquelle. Je la lis "
        "avant notre rencontre et nous partons de là.</p>",
        hours=(
            Hours(WEEKDAYS, time(9), time(12)),
            Hours((MONDAY, WEDNESDAY), time(13, 30), time(17)),
        ),
        changes=(Change(in_days=6, is_open=False, start=time(9), end=time(10, 30)),),
    ),
    DemoTutor(
        key="karim",
        first_name="Karim",
        last_name="Haddad",
        rate="33.00",
        priority=20,
        courses=("chimie-generale", "physique-mecanique", "mathematiques-du-secondaire"),
        headline="Doctorant en chimie des matériaux à Montréal.",
        bio="Je termine un doctorat en chimie des matériaux, ce qui veut dire que je passe mes journées à rater des "
        "expériences avec méthode. C’est une bonne école pour enseigner : je sais ce que c’est que de ne pas "
        "comprendre, et je sais en sortir.\n\n"
        "Je raconte la chimie avant de la calculer. Que font les molécules? Qu’est-ce qui manque? Quand "
        "l’histoire est claire, le tableau d’avancement se remplit tout seul.\n\n"
        "J’enseigne aussi les mathématiques du secondaire et la mécanique, en français ou en arabe au besoin.",
        method="<h2>Ma façon de faire</h2><p>Des analogies, un tableau partagé, et une règle : on ne passe au numéro "
        "suivant que lorsque vous pouvez m’expliquer le précédent.</p>",
        hours=(
            Hours((MONDAY, WEDNESDAY, FRIDAY), time(15), time(19)),
            Hours((SUNDAY,), time(9), time(12)),
        ),
    ),
    DemoTutor(
        key="genevieve",
        first_name="Geneviève",
        last_name="Côté",
        rate="31.25",
        priority=10,
        courses=("anglais-langue-seconde", "francais-ecrit"),
        headline="Trente ans d’enseignement des langues, et toujours curieuse.",
        bio="J’ai enseigné l’anglais langue seconde trente ans à Québec, du secondaire au cours du soir. Retraitée de "
        "l’école, mais pas de l’enseignement : il me manquait les « ah, c’est donc ça! ».\n\n"
        "J’aime les débutants qui n’osent pas, les élèves de cégep qui en ont assez d’avoir peur du 102, et les "
        "adultes qui préparent une entrevue. On parle d’abord. Je corrige ensuite, trois choses à la fois, jamais "
        "davantage.\n\n"
        "Je donne aussi le français écrit, avec le même plaisir et la même douceur.",
        method="<h2>Ma façon de faire</h2><p>Je prends des notes pendant que vous parlez et je vous les remets : vos "
        "bonnes phrases d’un côté, celles à reprendre de l’autre.</p>",
        hours=(Hours(WEEKDAYS, time(13), time(18)),),
        changes=(Change(in_days=5, is_open=False, start=time(13), end=time(15)),),
    ),
    DemoTutor(
        key="samuel",
        first_name="Samuel",
        last_name="Lavoie",
        rate="26.50",
        priority=40,
        courses=("mathematiques-du-secondaire", "physique-mecanique"),
        asks_for=("chimie-generale",),
        headline="Étudiant en génie physique, l’énergie d’un vendredi soir.",
        bio="J’étudie en génie physique et je fais du tutorat depuis le cégep. Il n’y a pas si longtemps, j’étais "
        "assis exactement où vous êtes, avec le même manuel et la même envie de le lancer.\n\n"
        "Je suis libre quand les autres ne le sont pas : les soirs de fin de semaine, la veille des remises, les "
        "dimanches d’examens. On met de l’ordre dans ce qui reste à faire, puis on le fait.\n\n"
        "Entre deux rencontres, je répare des vélos et je joue de la contrebasse, mal mais longtemps.",
        method="<h2>Ma façon de faire</h2><p>Des rencontres rapides et concrètes : dix minutes de notions, le reste "
        "en exercices, et une photo du tableau à la fin.</p>",
        hours=(
            Hours((WEDNESDAY, FRIDAY), time(18), time(22)),
            Hours((SATURDAY, SUNDAY), time(12), time(18)),
        ),
    ),
    DemoTutor(
        key="mireille",
        first_name="Mireille",
        last_name="Jean-Baptiste",
        rate="30.75",
        priority=30,
        courses=("francais-ecrit", "anglais-langue-seconde"),
        headline="Orthopédagogue : elle trouve le détour qui passe.",
        bio="Orthopédagogue à Laval depuis douze ans, je travaille avec des jeunes pour qui lire et écrire coûte plus "
        "d’énergie qu’aux autres : dyslexie, dysorthographie, trouble de l’attention. Il y a presque toujours un "
        "détour qui passe; mon métier est de le trouver avec eux.\n\n"
        "Je travaille avec les outils d’aide permis à l’examen, et j’aide à les maîtriser pour qu’ils "
        "servent vraiment. Les parents sont les bienvenus aux dix dernières minutes.\n\n"
        "Je donne également l’anglais, avec beaucoup d’oral et de chansons.",
        method="<h2>Ma façon de faire</h2><p>Des étapes courtes, des pauses prévues, et un portfolio où l’on voit, "
        "semaine après semaine, ce qui était difficile et ne l’est plus.</p>",
        hours=(
            Hours((TUESDAY, WEDNESDAY, THURSDAY, FRIDAY), time(10), time(15)),
            Hours((THURSDAY,), time(18), time(20)),
        ),
        changes=(Change(in_days=12, is_open=True, start=time(16), end=time(19)),),
    ),
    DemoTutor(
        key="linh",
        first_name="Linh",
        last_name="Nguyen",
        rate="35.50",
        priority=30,
        courses=("calcul-differentiel", "chimie-generale"),
        headline="Pharmacienne et mordue de calcul, du lundi au dimanche.",
        bio="Pharmacienne à Gatineau, j’ai gardé du cégep un amour déraisonnable pour le calcul différentiel et pour "
        "les titrages réussis. J’enseigne les deux depuis sept ans, le soir et la fin de semaine.\n\n"
        "Mes élèves disent que je suis exigeante et que cela les rassure. Je demande des démarches propres, parce "
        "qu’une démarche propre se relit, et qu’une erreur que l’on peut relire se corrige.\n\n"
        "Si vous visez un programme contingenté, nous ferons aussi le compte de ce qui compte vraiment dans votre "
        "cote.",
        method="<h2>Ma façon de faire</h2><p>Un plan de session dès la première rencontre, un bilan à la mi-session, "
        "et des numéros d’examen réels chaque semaine.</p>",
        hours=(
            Hours((MONDAY, TUESDAY), time(18), time(21, 30)),
            Hours((SATURDAY,), time(8, 30), time(12, 30)),
            Hours((SUNDAY,), time(14), time(19)),
        ),
    ),
]
