"""A moment for booking's pages. Only notice and horizon look at it: holds run by the database's clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

NOW = datetime(2027, 1, 11, 15, 0, tzinfo=UTC)  # Monday, 10:00 in Toronto


@pytest.fixture
def monday_morning() -> Iterator[datetime]:
    """It is Monday 11 January 2027, 10:00: lessons can begin from 22:00, and until 12 March."""
    with time_machine.travel(NOW, tick=False):
        yield NOW
