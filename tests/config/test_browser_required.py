"""A browser test that could not run: no failure on a laptop, one where the merge is decided."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

@pytest.mark.browser
@pytest.mark.skip(reason="no Chromium on this machine")
def test_in_a_browser(): ...

@pytest.mark.browser
@pytest.mark.skip(reason="no Chromium on this machine")
def test_in_a_browser_too(): ...

def test_elsewhere(): ...
"""


@pytest.mark.parametrize(
    ("required", "workers", "status"),
    [pytest.param("", "0", 0, id="on a laptop"), pytest.param("1", "2", 1, id="before a merge")],
)
def test_skipped_browser_tests_are_counted_and_fail_where_required(
    tmp_path: Path, required: str, workers: str, status: int
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    browser: drives a real Chromium\n")
    (tmp_path / "test_it.py").write_text(TESTS)
    # The services run for this session already, and their addresses are inherited.
    plugins = ["-p", "tests.services", "-p", "no:django", "-p", "no:cacheprovider"]
    # A second pytest would close the folder of this one's tests to other users, such as PostgreSQL's.
    folder = f"--basetemp={tmp_path / 'tmp'}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ended = subprocess.run(  # noqa: S603
        [
            sys.executable,
            "-m",
            "pytest",
            str(tmp_path),
            "-c",
            str(tmp_path / "pytest.ini"),
            *plugins,
            folder,
            "-n",
            workers,
        ],
        cwd=tmp_path,
        env={**environment, "REQUIRE_BROWSER": required},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == status, ended.stdout
    assert "2 browser tests were skipped: no Chromium found" in ended.stdout
