"""The six courses of the demo, and what their pages say."""

from __future__ import annotations

from dataclasses import dataclass

from courses.models import Level

SUBJECT_NAMES = ("Mathématiques", "Sciences", "Français", "Anglais")


@dataclass(frozen=True)
class DemoCourse:
    slug: str
    title: str
    subject: str
    """A name of `SUBJECT_NAMES`."""
    levels: tuple[Level, ...]
    rate: str
    drawing: str
    """A key of `subjects.SUBJECTS`."""
    drawing_says: str
    description: str
    intro: str
    outcomes: tuple[str, ...]
    about: str
    """Rich text."""
    steps: tuple[tuple[str, str], ...]
    questions: tuple[tuple[str, str], ...]


COURSES = [
    DemoCourse(
        slug="mathematiques-du-secondaire",
        title="Mathématiques du secondaire",
        subject="Mathématiques",
        levels=(Level.SECONDARY, Level.ADULTS),
        rate="45.00",
        drawing="mathematiques",
        drawing_says="Une équerre et un compas qui trace un cercle",
        description="De la 1re à la 5e secondaire : algèbre, fonctions, géométrie, statistiques.",
        intro="De la première à la cinquième secondaire, en CST, TS ou SN : on reprend là où ça accroche, "
        "puis on avance.",
        outcomes=(
            "Le calcul, les fractions et les proportions",
            "L’algèbre, les équations et les inéquations",
            "Les fonctions, de la droite à la parabole et à la sinusoïde",
            "La géométrie, la trigonométrie et les preuves",
            "Les situations-problèmes et la préparation aux épreuves du Ministère",
        ),
        about="<p>Les mathématiques du secondaire s’empilent : une fraction mal comprise en deuxième revient "
        "hanter les équations de quatrième. Nos tuteurs commencent donc par chercher le premier maillon faible, "
        "le réparent, et remontent avec l’élève jusqu’à la matière du moment.</p>"
        "<p>Chaque rencontre part du travail réel de l’élève : le cahier, le dernier examen, le devoir de demain. "
        "On y fait plus de problèmes que de théorie, à voix haute, et l’on termine par ce qu’il reste à "
        "pratiquer seul.</p>",
        steps=(
            (
                "Un point de départ",
                "<p>Dix minutes pour voir ensemble le dernier examen et nommer ce qui bloque.</p>",
            ),
            (
                "Des problèmes choisis",
                "<p>L’élève tient le crayon, le tuteur pose les questions qui débloquent.</p>",
            ),
            (
                "Un plan d’une page",
                "<p>Trois choses à pratiquer avant la prochaine rencontre, pas davantage.</p>",
            ),
        ),
        questions=(
            (
                "Mon enfant est dans le profil CST. Est-ce le bon cours?",
                "<p>Oui. Les trois séquences (CST, TS et SN) sont couvertes; le tuteur s’adapte à celle de "
                "l’élève et au matériel de son école.</p>",
            ),
            (
                "Faut-il une tablette graphique?",
                "<p>Non. Une caméra et du papier suffisent; un stylet rend seulement le tableau partagé plus "
                "agréable.</p>",
            ),
        ),
    ),
    DemoCourse(
        slug="calcul-differentiel",
        title="Calcul différentiel",
        subject="Mathématiques",
        levels=(Level.COLLEGE,),
        rate="52.00",
        drawing="calcul",
        drawing_says="Une courbe, sa tangente et leur point de contact",
        description="Le premier cours de calcul du cégep : limites, dérivées, optimisation.",
        intro="Le premier cours de calcul du cégep, expliqué jusqu’à ce que la dérivée cesse d’être une recette.",
        outcomes=(
            "Les limites, les asymptotes et la continuité",
            "La dérivée comme pente, comme vitesse et comme outil",
            "Les règles de dérivation, la dérivée implicite et les taux liés",
            "L’étude complète d’une fonction et l’optimisation",
            "Les fonctions exponentielles, logarithmiques et trigonométriques",
        ),
        about="<p>En calcul différentiel, presque tout le monde sait appliquer la règle de la chaîne en novembre. "
        "Ce qui fait échouer, c’est l’algèbre du secondaire qui revient sans prévenir, et les problèmes "
        "d’optimisation où rien ne dit quelle fonction écrire.</p>"
        "<p>Nos tuteurs ont tous enseigné ou corrigé ce cours au collégial. Ils savent ce que les examens "
        "demandent vraiment, et comment une démarche se rédige pour que les points y soient.</p>",
        steps=(
            (
                "Comprendre",
                "<p>Une idée, dessinée, puis dite dans vos mots avant d’être écrite en symboles.</p>",
            ),
            ("Rédiger", "<p>Une démarche d’examen complète, corrigée ligne par ligne.</p>"),
            ("Tenir la distance", "<p>Un numéro d’intra sous chronomètre, pour arriver calme au vrai.</p>"),
        ),
        questions=(
            (
                "Couvrez-vous aussi le calcul intégral?",
                "<p>Plusieurs de nos tuteurs le donnent aussi. Réservez en calcul différentiel et dites-le "
                "dans votre premier message : la rencontre suivra votre plan de cours.</p>",
            ),
            (
                "À quelle fréquence se rencontrer avant un intra?",
                "<p>Une heure et demie par semaine pendant quatre semaines aide davantage que six heures la "
                "veille.</p>",
            ),
        ),
    ),
    DemoCourse(
        slug="francais-ecrit",
        title="Français écrit",
        subject="Français",
        levels=(Level.SECONDARY, Level.COLLEGE, Level.ADULTS),
        rate="45.00",
        drawing="francais",
        drawing_says="Un cahier ouvert, une plume et des guillemets",
        description="Grammaire, rédaction et préparation aux épreuves du secondaire et du collégial.",
        intro="Écrire juste et écrire bien : la grammaire qui sert, les textes qui tiennent debout.",
        outcomes=(
            "Les accords, la ponctuation et l’orthographe d’usage",
            "Le texte explicatif, la critique et la lettre ouverte de la cinquième secondaire",
            "L’analyse et la dissertation du collégial",
            "L’épreuve uniforme de français et les tests d’admission universitaires",
        ),
        about="<p>On n’apprend pas à écrire en accumulant des règles. On apprend en écrivant un paragraphe, en le "
        "relisant avec quelqu’un qui demande « qu’as-tu voulu dire ici? », puis en le récrivant.</p>"
        "<p>Les rencontres alternent textes et grammaire : le tuteur relève les trois fautes qui reviennent le "
        "plus, et l’on ne travaille que celles-là jusqu’à ce qu’elles disparaissent.</p>",
        steps=(
            (
                "Un texte de vous",
                "<p>Une page suffit, même inachevée : c’est elle qui dit quoi travailler.</p>",
            ),
            (
                "Une méthode de relecture",
                "<p>Quatre passages, toujours dans le même ordre, en dix minutes.</p>",
            ),
            ("Une version de plus", "<p>Le même texte, récrit : on voit le progrès sur la page.</p>"),
        ),
        questions=(
            (
                "Aidez-vous les adultes qui reviennent aux études?",
                "<p>Très souvent. Dites d’où vous partez et ce que vous visez, le reste se construit ensemble.</p>",
            ),
            (
                "Corrigez-vous des travaux à remettre?",
                "<p>Nous les commentons avec vous, mais c’est vous qui écrivez : c’est votre travail qui sera "
                "noté.</p>",
            ),
        ),
    ),
    DemoCourse(
        slug="physique-mecanique",
        title="Physique mécanique",
        subject="Sciences",
        levels=(Level.SECONDARY, Level.COLLEGE),
        rate="54.00",
        drawing="physique",
        drawing_says="Un pendule à cinq instants de son mouvement",
        description="Cinématique, forces, énergie et quantité de mouvement, au secondaire et au cégep.",
        intro="Forces, énergie, mouvement : apprendre à voir le problème avant de chercher la formule.",
        outcomes=(
            "La cinématique en une et deux dimensions",
            "Les lois de Newton, le frottement et les plans inclinés",
            "Le travail, l’énergie et la puissance",
            "La quantité de mouvement, les collisions et la rotation",
            "Les rapports de laboratoire et les incertitudes",
        ),
        about="<p>En mécanique, la bonne formule ne vient qu’après le bon dessin. Nos tuteurs insistent sur le "
        "diagramme des forces, le choix des axes et les unités, parce que c’est là que se gagnent les points et "
        "que s’installe l’intuition.</p>"
        "<p>Le cours convient autant à la physique de cinquième secondaire qu’à la mécanique du collégial, avec "
        "ou sans calcul différentiel.</p>",
        steps=(
            (
                "Dessiner",
                "<p>Le système, les forces, les axes : tout ce qui compte tient dans un schéma.</p>",
            ),
            (
                "Prévoir",
                "<p>Un ordre de grandeur avant la calculatrice, pour reconnaître une réponse absurde.</p>",
            ),
            ("Calculer", "<p>Des lettres jusqu’à la fin, les nombres en dernier, les unités toujours.</p>"),
        ),
        questions=(
            (
                "Pouvez-vous aider pour les laboratoires?",
                "<p>Oui : protocole, graphiques, incertitudes et rédaction du rapport.</p>",
            ),
            (
                "Je n’ai pas encore eu de calcul. Est-ce un obstacle?",
                "<p>Non. Le tuteur s’en passe au secondaire et l’introduit pas à pas au collégial.</p>",
            ),
        ),
    ),
    DemoCourse(
        slug="chimie-generale",
        title="Chimie générale",
        subject="Sciences",
        levels=(Level.SECONDARY, Level.COLLEGE),
        rate="50.00",
        drawing="chimie",
        drawing_says="Un erlenmeyer lumineux et le cycle d’une molécule",
        description="De l’atome aux solutions : la chimie de cinquième secondaire et du collégial.",
        intro="De l’atome aux solutions, une chimie que l’on peut raconter avant de la calculer.",
        outcomes=(
            "La structure de l’atome, les liaisons et la géométrie des molécules",
            "La stœchiométrie et les gaz",
            "L’énergie, la vitesse et l’équilibre des réactions",
            "Les acides, les bases et l’oxydoréduction",
            "La chimie des solutions au collégial",
        ),
        about="<p>La chimie demande de passer sans cesse de ce que l’on voit dans le bécher à ce que l’on ne voit "
        "pas. Nos tuteurs font ce va-et-vient à voix haute : que deviennent les molécules, et pourquoi le nombre "
        "de moles suit-il?</p>"
        "<p>On y apprend à poser un tableau d’avancement sans le craindre, à lire une courbe de titrage et à "
        "écrire une démarche que le correcteur n’a pas à deviner.</p>",
        steps=(
            ("Raconter", "<p>Ce qui se passe dans le bécher, en français, avant toute équation.</p>"),
            ("Compter", "<p>Les moles d’abord, les grammes ensuite, et un tableau qui garde le fil.</p>"),
            (
                "Vérifier",
                "<p>Une réponse qui a un sens chimique, pas seulement le bon nombre de chiffres.</p>",
            ),
        ),
        questions=(
            (
                "Est-ce que cela prépare à l’épreuve de fin d’année?",
                "<p>Oui. Dès avril, les rencontres reprennent des épreuves des années passées.</p>",
            ),
            (
                "Offrez-vous la chimie organique?",
                "<p>Demandez-la dans votre premier message : deux de nos tuteurs l’enseignent sur rendez-vous.</p>",
            ),
        ),
    ),
    DemoCourse(
        slug="anglais-langue-seconde",
        title="Anglais langue seconde",
        subject="Anglais",
        levels=(Level.SECONDARY, Level.COLLEGE, Level.ADULTS),
        rate="42.00",
        drawing="anglais",
        drawing_says="Deux bulles de conversation qui se répondent",
        description="Conversation, grammaire et préparation aux épreuves, du secondaire au travail.",
        intro="Parler d’abord, corriger ensuite : l’anglais de l’école, des entrevues et des voyages.",
        outcomes=(
            "La conversation et la prononciation",
            "Les temps de verbe et les structures qui trahissent le français",
            "La compréhension orale, avec de vrais accents",
            "Les cours 100 à 103 du cégep et les programmes enrichis du secondaire",
            "L’entrevue d’embauche et le courriel professionnel",
        ),
        about="<p>Comprendre une série sans sous-titres et répondre à une entrevue ne demandent pas le même anglais. "
        "La première rencontre sert à savoir lequel vous voulez, et à quel rythme.</p>"
        "<p>Ensuite, on parle. Le tuteur note ce qui accroche, y revient en fin de rencontre et prépare quelques "
        "minutes de pratique par jour : peu, mais tous les jours.</p>",
        steps=(
            (
                "Une vraie conversation",
                "<p>Vingt minutes sur un sujet que vous choisissez, sans interruption.</p>",
            ),
            (
                "Trois corrections",
                "<p>Les plus utiles seulement, avec des exemples tirés de vos phrases.</p>",
            ),
            (
                "Dix minutes par jour",
                "<p>Une piste à écouter, une chose à dire : l’habitude fait le reste.</p>",
            ),
        ),
        questions=(
            (
                "Je comprends, mais je n’ose pas parler. Par où commencer?",
                "<p>Par là, justement : la première rencontre se passe à votre vitesse, en français s’il le "
                "faut.</p>",
            ),
            (
                "Les rencontres se donnent-elles entièrement en anglais?",
                "<p>Dès que possible, oui. Les explications de grammaire restent en français tant que c’est plus "
                "clair.</p>",
            ),
        ),
    ),
]
