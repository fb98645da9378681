"""The demo's home page, its plain pages and its foot."""

from __future__ import annotations

from typing import Any

HEADLINE = "Comprendre, une heure à la fois"
INTRO = (
    "Du tutorat individuel en ligne, du secondaire au cégep. Vous choisissez la matière, le moment et la "
    "personne; nous nous occupons du reste."
)

HOME_BLOCKS: list[tuple[str, Any]] = [
    (
        "hero",
        {"heading": HEADLINE, "text": INTRO, "image": None, "actions": []},
    ),
    (
        "subjects",
        {
            "heading": "Par quelle matière commencer?",
            "intro": "Une notion qui résiste, un examen qui approche, un retour aux études : choisissez, et voyez qui peut "
            "vous aider.",
        },
    ),
    (
        "cards",
        {
            "heading": "Comment ça marche",
            "intro": "De la question à la première rencontre, il faut cinq minutes.",
            "numbered": True,
            "items": [
                {
                    "title": "Choisissez un moment",
                    "text": "<p>Chaque page de cours montre les heures vraiment libres, semaine par semaine. Prenez un "
                    "tuteur en particulier, ou le premier disponible.</p>",
                },
                {
                    "title": "Réservez en ligne",
                    "text": "<p>L’heure est retenue pendant quinze minutes, le temps de payer par carte. Votre compte "
                    "se crée avec la première réservation.</p>",
                },
                {
                    "title": "Rencontrez-vous",
                    "text": "<p>Le lien de la rencontre vous attend dans votre tableau de bord. Un empêchement? "
                    "Annulez jusqu’à deux heures avant, et l’heure devient un crédit.</p>",
                },
            ],
        },
    ),
    (
        "course_showcase",
        {
            "heading": "Les cours les plus demandés",
            "intro": "Des rencontres de 60, 90 ou 120 minutes, et un tarif qui ne change pas en chemin.",
            "pages": [],
        },
    ),
    (
        "testimonials",
        {
            "heading": "Ce qu’on nous en dit",
            "items": [
                {
                    "quote": "Ma fille faisait semblant de comprendre depuis deux ans. En quatre rencontres, elle a "
                    "recommencé à poser des questions en classe.",
                    "author": "Isabelle R.",
                    "detail": "mère d’une élève de 3e secondaire, Granby",
                },
                {
                    "quote": "J’avais coulé calcul une fois. Cette fois-ci, j’ai fini l’intra vingt minutes d’avance, et "
                    "j’ai relu.",
                    "author": "Thomas B.",
                    "detail": "cégépien, Rimouski",
                },
                {
                    "quote": "Je suis retournée aux études à quarante et un ans. On ne m’a jamais fait sentir que c’était "
                    "tard.",
                    "author": "Nadia L.",
                    "detail": "étudiante adulte, Longueuil",
                },
            ],
        },
    ),
    (
        "tutor_showcase",
        {
            "heading": "Celles et ceux qui expliquent",
            "intro": "Des enseignantes, des ingénieurs, une réviseure, un doctorant : des gens qui aiment leur matière et "
            "qui savent écouter.",
            "pages": [],
        },
    ),
    (
        "questions",
        {
            "heading": "Questions fréquentes",
            "items": [
                {
                    "question": "Faut-il créer un compte avant de réserver?",
                    "answer": "<p>Non. Remplissez votre panier, payez, et le compte se crée avec votre première "
                    "réservation. Vous y retrouverez vos rencontres et vos crédits.</p>",
                },
                {
                    "question": "Que se passe-t-il si je dois annuler?",
                    "answer": "<p>Jusqu’à deux heures avant la rencontre, vous annulez vous-même et la somme payée "
                    "devient un crédit, sans date de péremption. Jusqu’à vingt-quatre heures avant, vous pouvez "
                    "aussi déplacer la rencontre.</p>",
                },
                {
                    "question": "Comment se passent les rencontres?",
                    "answer": "<p>En ligne, avec la caméra, un tableau partagé et vos documents. Le lien paraît dans "
                    "votre tableau de bord; un ordinateur ou une tablette suffit.</p>",
                },
                {
                    "question": "Puis-je réserver plusieurs rencontres à la fois?",
                    "answer": "<p>Oui, autant que vous voulez, dans plusieurs matières et avec plusieurs tuteurs, et "
                    "vous payez le tout une seule fois.</p>",
                },
                {
                    "question": "Le prix affiché est-il le prix payé?",
                    "answer": "<p>Oui. Le tarif est à l’heure, en dollars canadiens; une rencontre de 90 minutes coûte "
                    "une fois et demie le tarif.</p>",
                },
            ],
        },
    ),
    (
        "call_to_action",
        {
            "heading": "La prochaine heure libre vous attend",
            "text": "Regardez les disponibilités de cette semaine : cela n’engage à rien.",
            "label": "Choisir un cours",
        },
    ),
]

CONDITIONS = [
    (
        "rich_text",
        "<h2>Réservation et paiement</h2>"
        "<p>Une heure placée dans le panier est retenue quinze minutes. La réservation est confirmée dès que le "
        "paiement l’est; un courriel en fait foi. Si, par malchance, l’heure n’était plus libre au moment du "
        "paiement, elle vous est remboursée sur-le-champ.</p>"
        "<p>Les prix sont en dollars canadiens. Une rencontre de 60, 90 ou 120 minutes coûte une fois, une fois et "
        "demie ou deux fois le tarif horaire du cours.</p>"
        "<h2>Annuler ou déplacer</h2>"
        "<ul><li>Jusqu’à 24 heures avant le début, vous pouvez déplacer la rencontre avec le même tuteur et pour la "
        "même durée.</li>"
        "<li>Jusqu’à 2 heures avant le début, vous pouvez l’annuler; ce que vous avez payé devient un crédit.</li>"
        "<li>Moins de 2 heures avant le début, écrivez-nous : nous regardons chaque situation.</li></ul>"
        "<p>Si c’est le tuteur qui annule, la somme payée vous est toujours rendue en crédit, et vous pouvez demander "
        "un remboursement.</p>"
        "<h2>Crédits</h2>"
        "<p>Les crédits s’appliquent au paiement suivant, en tout ou en partie. Ils n’expirent pas.</p>"
        "<h2>Pendant les rencontres</h2>"
        "<p>Le tuteur et l’élève se doivent le respect. Les rencontres ne sont pas enregistrées sans l’accord des "
        "deux personnes. Pour les élèves de moins de quatorze ans, un parent est présent au début de la première "
        "rencontre.</p>",
    ),
]

PRIVACY = [
    (
        "rich_text",
        "<h2>Ce que nous conservons</h2>"
        "<p>Votre nom, votre courriel, votre téléphone et votre adresse de facturation; vos rencontres, vos "
        "paiements et vos messages avec vos tuteurs. Rien d’autre.</p>"
        "<h2>Ce que nous ne voyons pas</h2>"
        "<p>Votre numéro de carte. Il est saisi directement chez Stripe, notre fournisseur de paiement, et ne passe "
        "jamais par nos serveurs.</p>"
        "<h2>À quoi cela sert</h2>"
        "<p>À donner les cours que vous avez réservés, à vous joindre à leur sujet et à tenir notre comptabilité. Nous "
        "ne vendons rien et ne suivons personne d’un site à l’autre : il n’y a ici ni publicité ni mouchard.</p>"
        "<h2>Vos droits</h2>"
        "<p>Vous pouvez consulter, corriger ou faire effacer vos renseignements en nous écrivant. La personne "
        "responsable de la protection des renseignements personnels vous répond dans les trente jours, comme la loi "
        "du Québec le prévoit.</p>"
        "<h2>Témoins</h2>"
        "<p>Deux témoins seulement, nécessaires : l’un garde votre panier et votre session, l’autre protège les "
        "formulaires.</p>",
    ),
]

METHOD_INTRO = "Écouter, trouver ce qui bloque, refaire ensemble, puis laisser faire. Voici comment se passe une rencontre."

METHOD: list[tuple[str, Any]] = [
    (
        "image_and_text",
        {
            "heading": "On part de votre cahier",
            "text": "<p>Le dernier examen, le devoir de demain, la page où l’on s’est arrêté de comprendre : la rencontre "
            "commence là. Le tuteur écoute d’abord, puis remonte jusqu’au premier maillon faible.</p>"
            "<p>La théorie vient ensuite, juste ce qu’il en faut, et toujours sur un problème.</p>",
            "actions": [],
            "side": "start",
        },
    ),
    (
        "numbers",
        {
            "heading": "",
            "items": [
                {"number": "1 à 1", "text": "un tuteur, une personne, jamais de groupe"},
                {"number": "60 min", "text": "ou 90, ou 120 : la durée se choisit à chaque rencontre"},
                {"number": "2 h", "text": "avant la rencontre, vous pouvez encore annuler"},
            ],
        },
    ),
    (
        "video",
        {
            "url": "https://vimeo.com/76979871",
            "title": "Une vidéo, seulement si vous la lancez",
            "image": None,
            "caption": "Exemple : une vidéo hébergée par Vimeo.",
        },
    ),
    (
        "image_and_text",
        {
            "heading": "On termine par ce qu’il reste à faire seul",
            "text": "<p>Les dix dernières minutes servent à choisir, ensemble, trois problèmes à refaire d’ici la "
            "prochaine fois. Le but n’est pas de revenir toutes les semaines : c’est de ne plus en avoir besoin.</p>",
            "actions": [],
            "side": "end",
        },
    ),
    (
        "slot_picker",
        {
            "heading": "Essayez une première heure",
            "intro": "En mathématiques du secondaire, avec le premier tuteur disponible ou celui de votre choix.",
        },
    ),
]

SETTINGS = {
    "tagline": "Du tutorat en ligne, une personne à la fois.",
    "email": "bonjour@fanal.example",
    "phone": "418 555-0142",
    "address": "120, rue Saint-Jean\nQuébec (Québec)  G1R 1N8",
    "hours": "Réponse du lundi au samedi, de 9 h à 20 h",
    "footer_text": "<p>Fanal est une école de tutorat du Québec. Les rencontres se donnent en ligne, à l’heure de l’Est.</p>",
}

# (title, slug, introduction, blocks)
PLAIN_PAGES = [
    (
        "Conditions",
        "conditions",
        "Réserver, déplacer, annuler : les règles du jeu, en une page.",
        CONDITIONS,
    ),
    (
        "Confidentialité",
        "confidentialite",
        "Ce que nous savons de vous, pourquoi, et pour combien de temps.",
        PRIVACY,
    ),
]
