"""The pages of the simulated rigs name every setting, with its unit and bounds, and every option."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drivers.protocol import Setting
from sim.parts.sensor_options import SensorOptions
from tests.sim.registered import FORMS, NAMES, Form

PAGES = Path(__file__).parents[1] / "docs" / "rigs"


def rows(name: str) -> list[str]:
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_every_setting_is_in_the_table_with_its_unit_and_bounds(form: Form) -> None:
    """Of a rig's other forms the page may leave to the main one what both have."""
    options = {} if form.name == form.main else form.options
    rig = form.kind.open(form.kind.options(options, Path()))
    for setting in (setting for device in rig.devices.values() for setting in device.describe()):
        found = [row for row in rows(form.name) if names(setting, row)]
        (row,) = found or [row for row in rows(form.main) if names(setting, row)]
        wanted = bounds(setting)
        assert all(re.search(rf"(?<![\d.]){re.escape(one)}(?![\d.])", row) for one in wanted), (
            f"{setting.name}: {wanted} in {row}"
        )


def names(setting: Setting, row: str) -> bool:
    """Whether a row names a setting, or the first and the last of a numbered family."""
    named = re.findall(r"`([\w.]+)`", row.split("|")[1])
    if setting.name in named:
        return True
    family = re.sub(r"\d+(?=(_[nu]m)?$)", "#", setting.name)
    return "..." in row.split("|")[1] and family in {
        re.sub(r"\d+(?=(_[nu]m)?$)", "#", n) for n in named
    }


def bounds(setting: Setting) -> list[str]:
    """What of a setting the row must say."""
    if setting.read_only:
        return ["read-only"]
    if setting.kind == "choice":
        return [str(choice) for choice in setting.choices]
    unit = [setting.unit] if setting.unit else []
    if setting.name in ("stage.x_um", "stage.y_um", "sample.number"):
        return unit  # as the scene has it
    if setting.name.endswith("_na"):
        return ["0"]
    assert setting.low is not None
    assert setting.high is not None
    return [*unit, f"{setting.low:g}", *(f"{setting.high:g}",)]


@pytest.mark.parametrize("registered", NAMES)
def test_every_option_is_named(registered: str) -> None:
    """On a page of one of the rig's forms."""
    forms = [form for form in FORMS if form.registered == registered]
    text = "".join((PAGES / f"{form.name}.md").read_text(encoding="utf-8") for form in forms)
    own = forms[0].kind.model.model_fields.keys() - SensorOptions.model_fields.keys()
    assert not [name for name in sorted(own) if f"`{name}`" not in text]


def test_the_sensors_options_are_named_once_for_all() -> None:
    text = (PAGES / "microscope.md").read_text(encoding="utf-8")
    assert not [name for name in SensorOptions.model_fields if f"`{name}`" not in text]


def test_every_page_is_in_the_index_and_shows_its_figure() -> None:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    for form in FORMS:
        assert f"({form.name}.md)" in index
        assert f"({form.name}.png)" in (PAGES / f"{form.name}.md").read_text(encoding="utf-8")
        assert (PAGES / f"{form.name}.png").is_file()
