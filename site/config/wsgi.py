"""The web server's entry point."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config.checks import refuse_to_start_misconfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

application = get_wsgi_application()
refuse_to_start_misconfigured()

# Every module that answers requests is loaded by now, and will live as long as the process: collections need
# not look at it ever again. Without this a full one stops all requests for some 100 ms. What a request makes
# is freed by counting references; looking for cycles each 700 objects, as is usual, only takes a tenth of its
# time.
get_resolver().url_patterns  # noqa: B018
gc.collect()
gc.freeze()
gc.set_threshold(50_000)
