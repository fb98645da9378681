"""Who can log in to the demo. Nothing of Django here: `make demo` prints them before it runs."""

from __future__ import annotations

PASSWORD = "fanal-demo-2026"  # noqa: S105
STUDENT, TUTOR = "eleve@fanal.example", "tutrice@fanal.example"
EDITOR, ADMIN = "edition@fanal.example", "direction@fanal.example"
