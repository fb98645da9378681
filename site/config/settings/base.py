"""What every environment shares. Anything that differs comes from the environment."""

import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import redis
from csp.constants import NONE, SELF, UNSAFE_INLINE
from redis.backoff import NoBackoff
from redis.retry import Retry

from home.videos import PLAYERS

ROOT = Path(__file__).resolve().parents[3]

env = environ.Env()
environ.Env.read_env(os.environ.get("ENV_FILE", ROOT / ".env"))
VAR = Path(env("VAR_DIR", default=ROOT / "var"))

PRODUCTION = False
SECRET_KEY = env("SECRET_KEY", default="")
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
SITE_URL = env("SITE_URL", default="http://127.0.0.1:8000")
DEMO = False  # True lets `load_demo` make accounts with a published password

INSTALLED_APPS = [
    "config",
    "payments",
    "ratings",
    "booking",
    "courses",
    "home",
    "notifications",
    "accounts",
    "wagtail.contrib.settings",
    "wagtail.contrib.redirects",
    "wagtail.embeds",
    "wagtail.sites",
    "accounts.apps.UsersConfig",  # wagtail.users
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "axes",
    "csp",
    "django_dramatiq",
    "dramatiq_crontab",
    "django_htmx",
    "django_structlog",
    "heroicons",
    "template_partials",
    "django.forms",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django_structlog.middlewares.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.ContentSecurityPolicy",
    "config.middleware.LateRequestsKeepTheSession",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "home.kept.KeptPages",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
    # Last, as its documentation asks: it turns a locked-out log-in into an answer.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
                "csp.context_processors.nonce",
            ],
            "builtins": ["home.templatetags.formats"],
        },
    }
]

FORM_RENDERER = "config.forms.FieldRenderer"

# Data
DATABASES = {
    "default": env.db_url("DATABASE_URL", default="postgres:///fanal", engine="django.db.backends.postgresql")
}
DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
    "min_size": 1,
    "max_size": env.int("DATABASE_POOL_SIZE", default=20),  # opened as threads need them
}
# A prepared statement (booking.prepared) is planned once. PostgreSQL would plan that of one tutor's diary
# each time, to save less than that takes.
DATABASES["default"]["OPTIONS"].setdefault("options", "-c plan_cache_mode=force_generic_plan")
# One that the server has closed, as in a restart, is found before a request gets it, not by its first query.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        # A cache that is away is an empty one: pages are made anew, nothing fails.
        "OPTIONS": {"IGNORE_EXCEPTIONS": True, "SOCKET_CONNECT_TIMEOUT": 1, "SOCKET_TIMEOUT": 1},
    }
}
SESSION_ENGINE = "accounts.sessions"

# People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24
AXES_VERBOSE = False
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# The pair, never the name alone: anybody could lock a stranger out otherwise.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "username"
AXES_CLIENT_IP_CALLABLE = "accounts.limits.client_address"
AXES_LOCKOUT_CALLABLE = "accounts.views.locked_out"
# One proxy of ours in front, which appends the client's address to X-Forwarded-For.
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)

# Language and time
LANGUAGE_CODE = "fr-ca"
LANGUAGES = [("fr-ca", "Français (Canada)")]
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = "America/Toronto"
USE_I18N = True
USE_TZ = True

# Files
STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
STATIC_ROOT = VAR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR / "media"
SERVE_IMAGES = env.bool("SERVE_IMAGES", default=False)  # where no other server or storage does

# Security
X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# Wagtail
ADMIN_PATH = "admin/"
WAGTAIL_SITE_NAME = "Fanal"
WAGTAILADMIN_BASE_URL = SITE_URL
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ALLOW_UNICODE_SLUGS = False  # `calcul-differentiel`: addresses are typed and read aloud
WAGTAILADMIN_LOGIN_URL = LOGIN_URL
WAGTAIL_FRONTEND_LOGIN_URL = LOGIN_URL
WAGTAIL_PASSWORD_RESET_ENABLED = False  # the site's own does it
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False  # an address is changed by an admin
WAGTAILUSERS_PASSWORD_ENABLED = False  # a password is chosen by its owner, by a link
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]
WAGTAILSEARCH_BACKENDS = {
    "default": {"BACKEND": "wagtail.search.backends.database", "SEARCH_CONFIG": "french"},
}
WAGTAILIMAGES_IMAGE_FORM_BASE = "home.images.DescribedImageForm"
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpg", "jpeg", "png", "webp"]

# Booking
HOLD_MINUTES = 15
PAYING_MINUTES = 10
MAX_HOLDS_PER_CART = env.int("MAX_HOLDS_PER_CART", default=50)
MAX_HOLDS_PER_ADDRESS = env.int("MAX_HOLDS_PER_ADDRESS", default=100)

# Stripe. The sandbox speaks the same HTTP; only the addresses differ.
STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY", default="")
STRIPE_PUBLISHABLE_KEY = env("STRIPE_PUBLISHABLE_KEY", default="")
STRIPE_WEBHOOK_SECRETS = env.list("STRIPE_WEBHOOK_SECRET", default=[])
STRIPE_API_BASE = env("STRIPE_API_BASE", default="https://api.stripe.com")
GUEST_CHECKOUT_LIMIT = 10  # tries by one address within the window: it tells whether an e-mail is known
GUEST_CHECKOUT_WINDOW_SECONDS = 600
COUPON_TRIES_LIMIT = 20  # codes by one address within the window: they are not to be guessed
COUPON_TRIES_WINDOW_SECONDS = 600
STRIPE_JS_URL = env("STRIPE_JS_URL", default="https://js.stripe.com/endive/stripe.js")

_stripe_js = urlsplit(STRIPE_JS_URL)
_stripe_scripts = [f"{_stripe_js.scheme}://{_stripe_js.netloc}"]
_stripe_frames = list(_stripe_scripts)
if _stripe_js.netloc == "js.stripe.com":
    _stripe_scripts += ["https://*.js.stripe.com"]
    _stripe_frames += ["https://*.js.stripe.com", "https://hooks.stripe.com"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, *_stripe_scripts],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "https://*.stripe.com"],
        "connect-src": [SELF, STRIPE_API_BASE, *_stripe_scripts],
        "frame-src": [*_stripe_frames, *PLAYERS],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [SELF],  # Wagtail previews a page in a frame of its own
    }
}
# Wagtail 8's admin still carries inline scripts and styles.
ADMIN_CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, UNSAFE_INLINE],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "frame-src": [SELF, *PLAYERS],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}

# Make.com
MAKE_WEBHOOK_URLS = {
    name: env(f"MAKE_{name}_WEBHOOK_URL", default="")
    for name in (
        "SIGNUP", "BOOKING", "CANCELLATION", "MESSAGE", "RESCHEDULE", "COMPLETION",
        "REMINDER", "REFUND", "RATING", "TICKET", "ADMIN",
    )
}  # fmt: skip
# `whsec_…`; two with a space between while one replaces the other.
MAKE_WEBHOOK_SECRET = env("MAKE_WEBHOOK_SECRET", default="")
WEBHOOKS_PER_SECOND = env.int("WEBHOOKS_PER_SECOND", default=20)  # for each host: Make.com refuses 30
OUTBOX_DAYS = env.int("OUTBOX_DAYS", default=90)  # what was delivered is kept so long
# Plain http and private addresses: for receivers on the same machine only.
WEBHOOKS_ALLOW_PRIVATE = False

# Mail
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Fanal <bonjour@fanal.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Queue. Messages only wake a worker (the truth is in PostgreSQL), so none is worth waiting minutes for:
# frequent maintenance and a short heartbeat hand a killed worker's messages on within seconds.
DRAMATIQ_BROKER: dict[str, Any] = {
    "BROKER": "dramatiq.brokers.redis.RedisBroker",
    "OPTIONS": {
        # A Redis that doesn't answer costs a request seconds, not minutes.
        "client": redis.Redis.from_url(REDIS_URL, socket_connect_timeout=1, retry=Retry(NoBackoff(), 1)),
        "maintenance_chance": 1_000_000,
        "heartbeat_timeout": 15_000,
    },
    "MIDDLEWARE": [
        "dramatiq.middleware.AgeLimit",
        "dramatiq.middleware.TimeLimit",
        "dramatiq.middleware.Callbacks",
        "dramatiq.middleware.Retries",
        "django_dramatiq.middleware.DbConnectionsMiddleware",
        "notifications.workers.WorkerSettings",
    ],
}

SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # e-mails are unique whatever their case, by the constraint on Lower(email)
    "security.W019",  # Wagtail shows a page's preview in a frame of the same origin
]

# Logs. The level is per request that ended: a refusal (4xx) is no fault of the site's.
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = logging.INFO
DJANGO_STRUCTLOG_USER_ID_FIELD = ""  # it would load the user for every request; config.logs adds a loaded one
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # personal, and a header anybody can forge
