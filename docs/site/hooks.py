"""What lies outside this folder, for the site: README and its like as pages, source by its name."""

from __future__ import annotations

import logging
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
PAGES = {
    "README.md": "readme.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
CODE = re.compile(r"(^```.*?^```$|^ {4,}\S[^\n]*$|`[^`\n]+`(?!\]))", flags=re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s#:]+)(?P<anchor>#[^)\s]*)?\)")
IMAGE = re.compile(r"!\[(?P<text>[^\]]*)\]\(docs/(?P<target>[^)\s]+)\)")

log = logging.getLogger("mkdocs.hooks.links")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that lie beside this folder, as if they lay in it."""
    for source, name in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        text = IMAGE.sub(r"![\g<text>](\g<target>)", text)
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Lead links to where things lie in the site; of a link to source its path is what remains."""
    here = page.file.src_uri
    outside = here in PAGES.values()
    folder = "" if outside else posixpath.join("docs", posixpath.dirname(here))
    parts = CODE.split(markdown)
    return "".join(
        part
        if part.startswith(("`", "    "))
        else LINK.sub(lambda found: _led(found, folder, here), part)
        for part in parts
    )


def _led(found: re.Match[str], folder: str, here: str) -> str:
    path = posixpath.normpath(posixpath.join(folder, found["target"]))
    anchor = found["anchor"] or ""
    if not (ROOT / path).exists():
        log.warning("%s: there is no %s", here, path)
        return found[0]
    if path in PAGES:
        return f"[{found['text']}]({_relative(PAGES[path], here)}{anchor})"
    inside = posixpath.relpath(path, "docs")
    if inside.startswith(".."):
        text = found["text"].strip("`").rstrip("/")
        return f"`{path}`" if text in path else f"{found['text']} (`{path}`)"
    if (ROOT / path).is_dir():
        index = next((one for one in ("README.md", "index.md") if (ROOT / path / one).exists()), "")
        inside = posixpath.join(inside, index or _first(ROOT / path))
    return f"[{found['text']}]({_relative(inside, here)}{anchor})"


def _first(folder: Path) -> str:
    return min(one.name for one in folder.glob("*.md"))


def _relative(target: str, here: str) -> str:
    return posixpath.relpath(target, posixpath.dirname(here) or ".")
