"""The catalogue as schema.org data for search engines. Prices are those that students pay; nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from courses.scores import BEST, NO_SCORE, WORST, Score
from home.structured import Node, without_blanks


def course(
    *,
    name: str,
    description: str,
    url: str,
    provider: Node,
    hourly_price: Decimal | None,
    image: str = "",
    subject: str = "",
    levels: Sequence[str] = (),
    outcomes: Sequence[str] = (),
    tutors: Iterable[Node] = (),
    score: Score = NO_SCORE,
) -> Node:
    """A course that is given online, by the hour. `hourly_price` in CAD; None where it is not offered."""
    return without_blanks(
        {
            "@type": "Course",
            "@id": f"{url}#cours",
            "name": name,
            "description": description,
            "url": url,
            "image": image,
            "inLanguage": "fr-CA",
            "provider": provider,
            "about": subject,
            "educationalLevel": list(levels),
            "teaches": list(outcomes),
            "offers": [_offer(url, hourly_price)] if hourly_price is not None else [],
            "hasCourseInstance": [_meeting(tutors)] if hourly_price is not None else [],
            "aggregateRating": _rating(score),
        }
    )


def person(
    *,
    name: str,
    url: str = "",
    image: str = "",
    description: str = "",
    subjects: Sequence[str] = (),
    employer: Node | None = None,
) -> Node:
    """A tutor, as their own page presents them."""
    return without_blanks(
        {
            "@type": "Person",
            "@id": f"{url}#personne" if url else "",
            "name": name,
            "url": url,
            "image": image,
            "description": description,
            "knowsAbout": list(subjects),
            "worksFor": employer or {},
        }
    )


def tutoring(*, url: str, name: str, score: Score) -> Node | None:
    """What the person of the page at `url` does, as far as students have rated it: a person has no rating."""
    if not score:
        return None
    return {
        "@type": "Service",
        "@id": f"{url}#tutorat",
        "name": name,
        "serviceType": "Tutorat",
        "provider": {"@id": f"{url}#personne"},
        "aggregateRating": _rating(score),
    }


def _rating(score: Score) -> Node:
    """Nothing before the first rating: a mean of none is refused by search engines."""
    if not score:
        return {}
    return {
        "@type": "AggregateRating",
        "ratingValue": f"{score.mean}",
        "ratingCount": score.count,
        "bestRating": BEST,
        "worstRating": WORST,
    }


def _offer(url: str, hourly_price: Decimal) -> Node:
    price = {"price": f"{hourly_price:.2f}", "priceCurrency": "CAD"}
    return {
        "@type": "Offer",
        "category": "Paid",
        "url": url,
        **price,
        "availability": "https://schema.org/InStock",
        "priceSpecification": {
            "@type": "UnitPriceSpecification",
            **price,
            "referenceQuantity": {"@type": "QuantitativeValue", "value": 60, "unitCode": "MIN"},
        },
    }


def _meeting(tutors: Iterable[Node]) -> Node:
    return without_blanks(
        {
            "@type": "CourseInstance",
            "courseMode": "Online",
            "courseWorkload": "PT1H",
            "instructor": list(tutors),
        }
    )
