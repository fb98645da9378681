"""The production settings in a process of their own, started as they will be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "ENV_FILE": os.devnull,
    "SECRET_KEY": "only-for-this-test-" + "k" * 40,
    "DATABASE_URL": "postgres:///unused",
    "REDIS_URL": "redis://unused",
    "ALLOWED_HOSTS": "fanal.example",
    "SITE_URL": "https://fanal.example",
    "EMAIL_URL": "smtp://unused",
    "STRIPE_SECRET_KEY": "sk_live_unused",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_unused",
    "STRIPE_WEBHOOK_SECRET": "whsec_unused",
}
LOOK = """
import gc, json
from config.wsgi import application
from django.conf import settings
from django.test import Client

client = Client(HTTP_HOST="fanal.example")
names = [name for name in dir(settings) if name.startswith(("SECURE_", "SESSION_COOKIE", "CSRF_COOKIE"))]
print(json.dumps({
    "frozen": gc.get_freeze_count(),
    "settings": {name: getattr(settings, name) for name in names},
    "plain": client.get("/connexion/?next=/").headers["Location"],
    "alive": client.get("/vivant").status_code,
    "stranger": Client(HTTP_HOST="evil.example").get("/vivant").status_code,
    "headers": dict(client.get("/vivant?payment_intent_client_secret=pi_1_secret_2", secure=True).headers),
    "policy": settings.CONTENT_SECURITY_POLICY["DIRECTIVES"],
}))
"""


def python(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**ENVIRONMENT, **changes},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def process() -> subprocess.CompletedProcess[str]:
    ended = python("-c", LOOK)
    assert ended.returncode == 0, ended.stderr
    return ended


@pytest.fixture(scope="module")
def seen(process: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return json.loads(process.stdout)


def test_cookies_travel_by_https_to_this_host_alone(seen: dict[str, Any]) -> None:
    settings = seen["settings"]
    assert settings["SESSION_COOKIE_SECURE"] is settings["CSRF_COOKIE_SECURE"] is True
    assert settings["SESSION_COOKIE_HTTPONLY"] is True
    assert settings["SESSION_COOKIE_NAME"] == "__Host-sessionid"
    assert settings["CSRF_COOKIE_NAME"] == "__Host-csrftoken"
    # A browser takes a __Host- cookie only with this path and no domain.
    assert settings["SESSION_COOKIE_PATH"] == settings["CSRF_COOKIE_PATH"] == "/"
    assert settings["SESSION_COOKIE_DOMAIN"] is settings["CSRF_COOKIE_DOMAIN"] is None


def test_plain_http_is_sent_to_https_but_for_the_health_checks(seen: dict[str, Any]) -> None:
    assert seen["plain"] == "https://fanal.example/connexion/?next=/"
    assert seen["alive"] == 200
    assert seen["headers"]["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


def test_another_host_name_is_refused(seen: dict[str, Any]) -> None:
    assert seen["stranger"] == 400


def test_scripts_come_from_here_and_from_stripe_alone(seen: dict[str, Any]) -> None:
    policy = seen["policy"]
    assert policy["script-src"] == ["'self'", "https://js.stripe.com", "https://*.js.stripe.com"]
    assert policy["style-src"] == ["'self'"]
    assert policy["object-src"] == policy["base-uri"] == ["'none'"]


def test_what_lives_as_long_as_the_process_is_frozen(seen: dict[str, Any]) -> None:
    assert seen["frozen"] > 100_000


def test_requests_are_logged_as_json_without_their_secrets(process: subprocess.CompletedProcess[str]) -> None:
    lines = [json.loads(line) for line in process.stderr.splitlines() if line.startswith("{")]
    finished = [line for line in lines if line["event"] == "request_finished"]
    assert finished[-1]["request"] == "GET /vivant"
    assert finished[-1]["code"] == 200
    assert finished[-1]["level"] == "info"
    assert isinstance(finished[-1]["ms"], float)
    assert finished[-1]["request_id"]
    assert "pi_1_secret_2" not in process.stderr


def test_the_web_server_refuses_the_sandbox() -> None:
    ended = python("-c", "import config.wsgi", STRIPE_API_BASE="http://127.0.0.1:9")
    assert ended.returncode != 0
    assert "- The Stripe sandbox is for demos" in ended.stderr


def test_worker_and_schedule_refuse_it_too() -> None:
    ended = python("manage.py", "crontab", STRIPE_API_BASE="http://127.0.0.1:9", SECRET_KEY="short")
    assert ended.returncode != 0
    assert "(fanal.E009) The Stripe sandbox is for demos" in ended.stderr
    assert "(fanal.E001) Set SECRET_KEY" in ended.stderr


def test_static_files_can_be_collected_under_names_that_change_with_them(tmp_path: Path) -> None:
    ended = python("manage.py", "collectstatic", "--no-input", "-v", "0", VAR_DIR=str(tmp_path))
    assert ended.returncode == 0, ended.stderr
    manifest = json.loads((tmp_path / "static" / "staticfiles.json").read_text())["paths"]
    assert (tmp_path / "static" / manifest["css/site.css"]).exists()
    assert (tmp_path / "static" / (manifest["css/site.css"] + ".gz")).exists()
    assert manifest["css/site.css"] != "css/site.css"
