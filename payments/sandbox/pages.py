"""What the sandbox shows in a browser: the bank's question, the card fields, the stand-in for Stripe.js."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from payments.sandbox.account import Account
from payments.sandbox.intents import answer_challenge

ASSETS = Path(__file__).parent / "assets"
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
NOTICE = "Banc d’essai\u00a0: aucune carte n’est débitée."
# Paths are the real Stripe.js's where a page of ours names them.
FILES = {"/v3/stripe.js": "stripe.js"} | {
    f"/elements/{name}": name for name in ("card.html", "card.js", "card.css", "bank.js", "page.css")
}
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True)
class Page:
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200


def static_file(path: str) -> Page | None:
    name = FILES.get(path)
    if name is None:
        return None
    file = ASSETS / name
    return Page(file.read_bytes(), {"Content-Type": f"{TYPES[file.suffix]}; charset=utf-8", **SECURITY})


def html_page(title: str, content: str, *, script: bool = False, status: int = 200) -> Page:
    """`content` is HTML."""
    page = f"""<!doctype html>
<html lang="fr-CA">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="stylesheet" href="/elements/page.css">
{'<script src="/elements/bank.js" defer></script>' if script else ""}
<main>{content}</main>
</html>"""
    return Page(page.encode(), {"Content-Type": "text/html; charset=utf-8", **SECURITY}, status)


def front_page() -> Page:
    return html_page(
        "Banc d’essai des paiements",
        "<h1>Banc d’essai des paiements</h1>"
        f"<p>Ce petit serveur tient lieu de Stripe pendant la démonstration. {NOTICE}</p>"
        '<p><a href="/recepteur/">Appels reçus</a></p>',
    )


def challenge_page(account: Account, intent_id: str, challenge: str) -> Page:
    """The bank asks its customer: 3-D Secure."""
    intent = account.store.get("payment_intent", intent_id)
    method = account.store.get("payment_method", (intent or {}).get("payment_method") or "")
    if intent is None or method is None or intent["_challenge"] != challenge:
        return _closed()
    amount = f"{intent['amount'] // 100:,}".replace(",", "\u00a0") + f",{intent['amount'] % 100:02d}\u00a0$"
    return html_page(
        "Confirmation de la banque",
        f"""<h1 tabindex="-1">Votre banque demande une confirmation</h1>
<p>Autorisez-vous ce paiement de <b>{amount}</b>
par la carte qui se termine par <b>{method["card"]["last4"]}</b>?</p>
<form method="post">
<button name="answer" value="authorise" class="primary">Autoriser</button>
<button name="answer" value="refuse">Refuser</button>
</form>
<p class="notice">{NOTICE}</p>""",
        script=True,
    )


def challenge_answer(account: Account, intent_id: str, challenge: str, authorised: bool) -> Page:
    """Takes the answer. Inside our dialog it tells the page around it, else it goes back to the shop."""
    intent = account.store.get("payment_intent", intent_id)
    action = (intent or {}).get("next_action") or {}
    return_url = action.get("redirect_to_url", {}).get("return_url")
    intent = answer_challenge(account, intent_id, challenge, authorised)
    if intent is None:
        return _closed()
    if not return_url:
        return html_page("Merci", '<p role="status" data-done>Merci, un instant…</p>', script=True)
    outcome = "failed" if intent["status"] == "requires_payment_method" else "succeeded"
    parts = urlsplit(return_url)
    query = urlencode(
        [
            *parse_qsl(parts.query),
            ("payment_intent", intent["id"]),
            ("payment_intent_client_secret", intent["client_secret"]),
            ("redirect_status", outcome),
        ]
    )
    return Page(b"", {"Location": urlunsplit(parts._replace(query=query))}, 303)


def _closed() -> Page:
    return html_page(
        "Demande expirée",
        "<h1>Cette demande n’est plus ouverte</h1><p data-done>Retournez à la page de paiement.</p>",
        script=True,
        status=410,
    )
