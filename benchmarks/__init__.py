"""Measurements on real PostgreSQL and real web processes: each `main` writes its figures under var/."""

import logging
import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
os.environ.update(LOG_JSON="yes", LOG_REQUESTS="INFO")  # web processes log as in production
os.environ["MAX_HOLDS_PER_ADDRESS"] = "1000000"  # all visitors of a bench share one address

django.setup()
logging.disable(logging.INFO)
