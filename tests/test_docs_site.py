"""The documentation as a site: whole, strictly, and nothing is asked of another server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    words = ("-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder))
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_there_and_asks_nothing_of_others(site: Path) -> None:
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    sources = (path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md"))
    wanted = {
        path.with_suffix(".html").as_posix().replace("README.html", "index.html")
        for path in sources
    }
    assert wanted | {"readme.html", "contributing.html", "changelog.html"} <= pages
    for page in sorted(pages):
        text = (site / page).read_text(encoding="utf-8")
        asked = re.findall(
            r"<(?:script|img|iframe|source)[^>]*\ssrc=\"((?:https?:)?//[^\"]+)", text
        )
        asked += re.findall(
            r"<link(?![^>]*rel=\"canonical\")[^>]*href=\"((?:https?:)?//[^\"]+)", text
        )
        assert not asked, page


def test_links_to_source_keep_its_path_and_readme_is_a_page(site: Path) -> None:
    extend = (site / "extend.html").read_text(encoding="utf-8")
    assert "<code>examples/plugin</code>" in extend
    assert 'href="contributing.html"' in extend
    readme = (site / "readme.html").read_text(encoding="utf-8")
    assert 'href="files.html"' in readme
    assert 'src="demo.png"' in readme


def test_the_public_api_stands_there_with_its_docstrings(site: Path) -> None:
    text = (site / "api.html").read_text(encoding="utf-8")
    import hil

    for name in hil.__all__:
        # Of these two, what is in them.
        shown = {"noise": "noise.CameraNoise", "plot": "report.plot.draw"}.get(name, name)
        assert f'id="hil.{shown}"' in text, name
    assert "Run a session from its first trial to its end" in text
