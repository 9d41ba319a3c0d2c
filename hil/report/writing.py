"""How pages are written: escaped, printable, whole; and numbers and costs in their words."""

from __future__ import annotations

import base64
import importlib.metadata
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from matplotlib.figure import Figure

from hil.errors import InputError
from hil.records.plain_text import shown
from hil.report.drawing import svg
from hil.report.files.whole_file import whole_file
from hil.report.material import Material


def write_page(path: Path, text: Callable[[], str]) -> None:
    """Write a page, made where there is a place for it.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    try:
        place = not path.is_dir() and path.absolute().parent.is_dir()
    except OSError as error:  # its name is too long, or a loop of links
        raise InputError("-o", str(path), f"cannot be written: {error.strerror}") from None
    if not place:
        raise InputError("-o", str(path), "allowed: a file in a folder that exists")
    made = text()
    with whole_file(path) as partial:
        partial.write_text(made, encoding="utf-8", newline="\n")


def rendered(template: str, said: Mapping[str, Any]) -> str:
    """Fill a template of this folder; all that comes from users and devices is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    version = importlib.metadata.version("hil-imaging")
    return printable(environment.get_template(template).render(hil_version=version, **said))


def printable(text: str) -> str:
    """Write out what no page may hold or would obey: see `shown`; and halves of surrogates."""
    return shown(text.replace("\r\n", "\n")).encode("utf-8", "replace").decode()


def embedded(title: str, caption: str, figure: Figure) -> dict[str, str]:
    """Put a figure inside a page; of one that has nothing to show what it says."""
    if nothing := str(figure.get_label()):
        return {"title": title, "nothing": nothing}
    return {
        "title": title,
        "nothing": "",
        "caption": caption,
        "alt": f"Figure: {title}. {caption}",
        "data": base64.b64encode(svg(figure).encode()).decode(),
    }


def cost(material: Material) -> Iterator[tuple[str, str]]:
    """Say what a session cost: frames, light and time."""
    trials, record = material.trials, material.record
    yield "frames", str(int(total(trials["n_frames"])))
    dose = trials["dose_mj"].dropna()
    yield "light at the sample", f"{total(dose):.4g} mJ" if len(dose) else "not known"
    if record.finished_at is not None:
        took = (record.finished_at - record.created_at).total_seconds()
        yield "from begin to end", _duration(took)
    device, whole = total(trials["device_s"]), total(trials["total_s"])
    estimates = total(material.estimates["seconds"])
    yield "in trials", _duration(whole)
    yield "... with the devices", _duration(device)
    yield "... estimating", _duration(estimates)
    yield (
        "... all else (storing, proposing, waiting)",
        _duration(max(0.0, whole - device - estimates)),
    )


def total(values: pd.Series[Any]) -> float:
    """Sum what is known."""
    return float(pd.to_numeric(values, errors="coerce").fillna(0).sum())


def number(value: Any) -> str:
    """Write a value as a table shows it."""
    if value is None or (isinstance(value, float) and value != value):
        return "unknown"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _duration(seconds: float) -> str:
    if seconds < 0:
        return "not known: the clock was set back"
    if seconds < 90:
        return f"{seconds:.1f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
