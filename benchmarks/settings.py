"""The web processes that are measured: the demo's, with a line of log for each request as in production."""

from config.logs import logging_settings
from config.settings.demo import *  # noqa: F403

LOGGING = logging_settings(json=True, requests="INFO")
