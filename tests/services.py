"""Pytest plugin: PostgreSQL and Redis for the session, and no verdict without Chromium where it is required.

Loaded by `-p` in pyproject.toml, because the settings read DATABASE_URL before any conftest is imported.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.embedded import embedded_services
from config.processes import CannotStart

# A failed assert of what tests share says what it compared, as one of a test does.
pytest.register_assert_rewrite("tests.booking", "tests.courses", "tests.notifications", "tests.payments")

VAR = Path(__file__).parents[1] / "var"


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Before pytest-django reads the settings. xdist's workers inherit what their controller started."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    services = ExitStack()
    early_config.add_cleanup(services.close)
    try:
        os.environ.update(services.enter_context(embedded_services(VAR / "test", durable=False)))
    except CannotStart as error:
        raise pytest.UsageError(str(error)) from None


def skipped_browser_tests(reporter: pytest.TerminalReporter) -> int:
    return sum("browser" in report.keywords for report in reporter.stats.get("skipped", []))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With REQUIRE_BROWSER=1, a browser test that could not run is a failure of the whole run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("REQUIRE_BROWSER") == "1" and reporter is not None and skipped_browser_tests(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = skipped_browser_tests(terminalreporter)
    if skipped:
        verdict = (
            "which fails this run" if os.environ.get("REQUIRE_BROWSER") == "1" else "install it to run them"
        )
        terminalreporter.section("browser tests", red=True)
        terminalreporter.line(f"{skipped} browser tests were skipped: no Chromium found, {verdict}.")
