"""The catalogue as schema.org data for search engines. Prices are those that students pay; nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

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
