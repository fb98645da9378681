"""Figures, written down and shown beside what is wanted of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def show(
    figures: Mapping[str, Any],
    path: Path,
    *,
    ceilings: Mapping[str, float],
    floors: Mapping[str, float],
) -> None:
    """Write `path` as JSON, and a table on the screen. Ceilings must not be exceeded, floors be reached."""
    rounded = {
        name: round(value, 3) if isinstance(value, float) else value for name, value in figures.items()
    }
    path.write_text(json.dumps(rounded, indent=2) + "\n")
    print(f"{'':28}{'measured':>12}{'wanted':>12}")
    for name, value in rounded.items():
        bound = f"≤ {ceilings[name]}" if name in ceilings else f"≥ {floors[name]}" if name in floors else ""
        print(f"{name:28}{value!s:>12}{bound:>12}")
