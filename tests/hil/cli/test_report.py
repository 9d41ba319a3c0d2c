"""The commands that draw, and the report that a session file asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.cli.main import run


def test_report_and_plot(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (folder / "session.toml").read_text(encoding="utf-8")
    (folder / "session.toml").write_text(text + "\n[finish]\nreport = true\n", encoding="utf-8")
    assert run(["run", "session.toml"]) == 0
    (written,) = folder.glob("hil-report-*.html")
    assert str(written) in capsys.readouterr().out
    page = written.read_text(encoding="utf-8")
    assert "[bold]cli[/bold]" in page
    assert run(["report", "last", "-o", "again.html"]) == 0
    assert (folder / "again.html").is_file()
    assert run(["plot", "last", "--kind", "slices", "-o", "slices.svg"]) == 0
    assert (folder / "slices.svg").is_file()
    assert run(["plot", "last", "-o", "figure.gif"]) == 2
    assert run(["report", "abcd", "-o", "other.html"]) == 2
    assert not (folder / "other.html").exists()
    assert run(["report", "last", "last"]) == 2
    assert "--compare" in capsys.readouterr().err
    assert run(["report", "--compare", "last"]) == 2
    assert run(["run", "session.toml", "--trials", "1"]) == 0
    first, second = folder.glob("hil-report-*.html")
    refs = [one.stem.removeprefix("hil-report-") for one in (first, second)]
    assert run(["report", "--compare", *refs, "-o", "both.html"]) == 0
    assert all(ref in (folder / "both.html").read_text(encoding="utf-8") for ref in refs)
