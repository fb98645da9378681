"""What pages tell search engines as data: schema.org, as JSON-LD. Pure functions that make plain dicts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

Node = dict[str, Any]

# Inside of a script element nothing is decoded but its end: these would let a text leave it.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def organization(
    *,
    url: str,
    name: str,
    logo: str,
    description: str = "",
    email: str = "",
    telephone: str = "",
    address: str = "",
    elsewhere: Sequence[str] = (),
) -> Node:
    """The school. `url` is the address of its home page; `elsewhere`, those of its pages on other sites."""
    return without_blanks(
        {
            "@type": "EducationalOrganization",
            "@id": organization_id(url),
            "name": name,
            "url": url,
            "logo": logo,
            "description": description,
            "email": email,
            "telephone": telephone,
            "address": address,
            "sameAs": list(elsewhere),
        }
    )


def organization_id(url: str) -> str:
    """What other nodes of the same page call the school by."""
    return f"{url}#ecole"


def breadcrumbs(trail: Sequence[tuple[str, str]]) -> Node | None:
    """Names and addresses from the home page down to the page itself; None for a trail of one."""
    if len(trail) < 2:
        return None
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": url}
            for position, (name, url) in enumerate(trail, start=1)
        ],
    }


def questions(asked: Iterable[tuple[str, str]]) -> Node | None:
    """Questions with their answers in plain text; None without any."""
    entries = [
        {"@type": "Question", "name": question, "acceptedAnswer": {"@type": "Answer", "text": answer}}
        for question, answer in asked
    ]
    return {"@type": "FAQPage", "mainEntity": entries} if entries else None


def script(nodes: Iterable[Node | None]) -> SafeString:
    """The nodes as one data block: never run as a script, and no text in them can end it."""
    graph = {"@context": "https://schema.org", "@graph": [node for node in nodes if node]}
    text = json.dumps(graph, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
    return format_html('<script type="application/ld+json">{}</script>', SafeString(text))


def without_blanks(node: Node) -> Node:
    """An empty text or list says nothing: it is left out."""
    return {name: value for name, value in node.items() if value or value == 0}
