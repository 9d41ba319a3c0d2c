"""The pages of the simulated rigs name every setting, with its unit and bounds, and every option."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from drivers.protocol import Setting
from sim import hyperspectral, lensless, satellite, tomography
from sim.microscope import rig as microscope
from sim.microscope.options import PHASE_ALONE, MicroscopeOptions
from sim.parts.rig import SimulatedKind
from sim.parts.sensor_options import SensorOptions

PAGES = Path(__file__).parents[1] / "docs" / "rigs"


class Page(NamedTuple):
    name: str
    kind: SimulatedKind[Any]
    options: dict[str, Any]
    own: frozenset[str]
    """Options that this page must name."""


def own_options(model: type[Any]) -> frozenset[str]:
    return frozenset(model.model_fields) - frozenset(SensorOptions.model_fields)


FLUORESCENCE = frozenset(MicroscopeOptions.model_fields) - frozenset(PHASE_ALONE)
PHASE: dict[str, Any] = {
    "contrast": "phase",
    "numerical_aperture": 0.4,
    "refractive_index": 1.0,
    "magnification": 20.0,
}
CASES = [
    Page("microscope", microscope.KIND, {}, FLUORESCENCE),
    Page("ledarray", microscope.KIND, PHASE, frozenset(PHASE_ALONE)),
    Page("satellite", satellite.KIND, {}, own_options(satellite.rig.SatelliteOptions)),
    Page("tomography", tomography.KIND, {}, own_options(tomography.rig.TomographyOptions)),
    Page(
        "hyperspectral", hyperspectral.KIND, {}, own_options(hyperspectral.rig.HyperspectralOptions)
    ),
    Page("lensless", lensless.KIND, {}, own_options(lensless.rig.LenslessOptions)),
]
SHARED_STAND = ("stage.", "focus.", "mirror.", "camera.")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_setting_is_in_the_table_with_its_unit_and_bounds(case: Page) -> None:
    text = (PAGES / f"{case.name}.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    rig = case.kind.open(case.kind.options(case.options, Path()))
    settings = [setting for device in rig.devices.values() for setting in device.describe()]
    for setting in settings:
        if case.name == "ledarray" and setting.name.startswith(SHARED_STAND):
            continue  # those of the fluorescence microscope, as the page says
        (row,) = [row for row in rows if names(setting, row)]
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


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_option_is_named(case: Page) -> None:
    text = (PAGES / f"{case.name}.md").read_text(encoding="utf-8")
    missing = [name for name in sorted(case.own) if f"`{name}`" not in text]
    assert not missing


def test_the_sensors_options_are_named_once_for_all() -> None:
    text = (PAGES / "microscope.md").read_text(encoding="utf-8")
    assert not [name for name in SensorOptions.model_fields if f"`{name}`" not in text]


def test_every_page_is_in_the_index_and_shows_its_figure() -> None:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    for case in CASES:
        assert f"({case.name}.md)" in index
        assert f"({case.name}.png)" in (PAGES / f"{case.name}.md").read_text(encoding="utf-8")
        assert (PAGES / f"{case.name}.png").is_file()
