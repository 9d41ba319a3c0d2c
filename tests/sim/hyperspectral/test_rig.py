"""The rig as a session sees it: what information answers to."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pydantic
import pytest

from drivers.errors import ConfigError
from sim.hyperspectral import KIND
from sim.hyperspectral.spectra import WAVELENGTHS_NM, planck
from tests.sim.hyperspectral.opened import BASE, bits, leaves, open_rig
from tests.sim.rigs import Factor, Settings, apply

FACTORS = [
    Factor("light", {"lamp.power_mw": 20.0}, {"lamp.power_mw": 5.0}),
    Factor("dose", {"camera.exposure_ms": 33.0}, {"camera.exposure_ms": 10.0}),
    Factor("width", {"filter.width3_nm": 40.0}, {"filter.width3_nm": 5.0}),
    Factor("where materials differ", {"filter.centre3_nm": 660.0}, {"filter.centre3_nm": 800.0}),
    Factor("time where light is", {"camera.share1": 0.25}, {"camera.share3": 0.05}),
]


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.name)
def test_information_answers_to_what_quality_depends_on(factor: Factor) -> None:
    rig = leaves()
    before = rig.truth.suppose()
    better = bits(rig, factor.better)
    apply(rig, {name: before[name] for name in factor.better})
    worse = bits(rig, factor.worse)
    apply(rig, {name: before[name] for name in factor.worse})
    assert better > worse + 0.05


def test_coarser_sampling_and_a_softer_lens_tell_less() -> None:
    """As many lines of pixels half as wide see the same square, in four times as many values."""
    fine, coarse = (
        bits(open_rig(side_px=side, pixel_um=512.0 / side, sample_pixel_um=3200.0 / side), {})
        * side**2
        for side in (64, 32)
    )
    assert fine > 1.1 * coarse
    assert bits(open_rig(f_number=4.0), {}) > bits(open_rig(f_number=32.0), {}) + 0.05


def test_a_noisier_or_less_sensitive_sensor_tells_less() -> None:
    best = bits(open_rig(), {})
    assert best > bits(open_rig(read_noise_e=30.0), {}) + 0.05
    assert best > bits(open_rig(quantum_efficiency=0.2), {}) + 0.05


class Optimum(NamedTuple):
    setting: str
    below: float
    inside: float
    above: float


OPTIMA = [
    Optimum("spectrometer.slit_um", 4.0, 13.0, 60.0),  # light against sharpness
    Optimum("filter.centre3_nm", 580.0, 660.0, 740.0),  # chlorophyll absorbs at 660 nm
    Optimum("camera.share3", 0.05, 0.5, 1.0),  # the others have 0.15
]


@pytest.mark.parametrize("case", OPTIMA, ids=lambda case: case.setting)
def test_the_best_lies_inside(case: Optimum) -> None:
    rig = leaves()
    before = rig.truth.suppose()
    others: Settings = {}
    if case.setting == "camera.share3":
        others = {"camera.share1": 0.15, "camera.share2": 0.15, "camera.share4": 0.15}
    values = (case.below, case.inside, case.above)
    patch_size = 6 if "slit" in case.setting else 4  # a blur shows in what pixels share
    low, best, high = (bits(rig, others | {case.setting: v}, patch_size) for v in values)
    apply(rig, {name: before[name] for name in (case.setting, *others)})
    assert best > low + 0.03
    assert best > high + 0.01


def test_it_opens_dark_and_the_same_seed_gives_the_same_frames() -> None:
    rig = open_rig()
    assert rig.truth.expected_electrons().max() < 0.2  # dark current alone
    (light,) = (s for s in rig.devices["lamp"].describe() if s.role == "light")
    assert (light.name, light.low) == ("lamp.power_mw", 0.0)
    assert np.array_equal(
        rig.truth.expected_electrons(BASE), open_rig().truth.expected_electrons(BASE)
    )
    other = open_rig(seed=4).truth.expected_electrons(BASE)
    assert not np.array_equal(rig.truth.expected_electrons(BASE), other)


def test_a_lyot_filter_passes_less() -> None:
    through = [
        open_rig(filter=shape).truth.metrics(BASE)["light_e"] for shape in ("gaussian", "lyot")
    ]
    assert 0.5 < through[1] / through[0] < 0.56  # polarisers pass half; side lobes add a little


def table(folder: Path, *columns: np.ndarray, heading: str = "", name: str = "own.csv") -> str:
    np.savetxt(folder / name, np.stack(columns, axis=1), delimiter=",", header=heading, comments="")
    return name


def test_a_lamp_from_a_table_is_that_light(tmp_path: Path) -> None:
    """Tungsten light written to a file is tungsten light; there is none beyond the table's ends."""
    wavelengths = np.arange(380.0, 1001.0, 5.0)
    lamp = np.interp(wavelengths, WAVELENGTHS_NM, planck(2856))
    heading = "wavelength_nm,irradiance"
    own = open_rig(lamp=str(tmp_path / table(tmp_path, wavelengths, 7 * lamp, heading=heading)))
    seen, expected = (rig.truth.expected_electrons(BASE) for rig in (own, open_rig()))
    np.testing.assert_allclose(seen, expected, rtol=1e-3)
    short = table(tmp_path, wavelengths[:60], lamp[:60])  # to 675 nm
    dark = open_rig(lamp=str(tmp_path / short)).truth.expected_electrons(BASE)
    assert dark[0].mean() > expected[0].mean()
    assert dark[3].mean() < 0.01 * expected[3].mean()


def test_spectra_from_a_library_stand_in_for_the_scenes(tmp_path: Path) -> None:
    grey = table(tmp_path, np.array([400.0, 900.0]), *np.full((4, 2), 0.3))
    rig = KIND.open(KIND.options({"seed": 3, "side_px": 32, "spectra": grey}, tmp_path))
    assert rig.truth.metrics(BASE)["spectral_angle_deg"] == pytest.approx(0, abs=1e-3)
    equal = BASE | {f"filter.centre{b}_nm": 600.0 for b in range(1, 5)}
    seen = rig.truth.expected_electrons(equal)
    np.testing.assert_allclose(seen[0], seen[3], rtol=1e-5)
    assert seen[0].std() > 0.05 * seen[0].mean(), "texture and shade are the scene's"


class WrongTable(NamedTuple):
    name: str
    key: str
    text: str
    words: str


TABLES = [
    WrongTable("one column", "lamp", "400\n500\n", "and 1 more"),
    WrongTable("materials", "spectra", "400,1\n500,1\n", "and 4 more"),
    WrongTable("negative", "lamp", "400,1\n500,-1\n", "nowhere negative"),
    WrongTable("words", "lamp", "400,1\n500,much\n", "finite"),
    WrongTable("order", "lamp", "500,1\n400,1\n", "wavelengths rise"),
    WrongTable("dark", "lamp", "1100,1\n1200,1\n", "no light between"),
    WrongTable("glints", "spectra", "400,1,1,1,3\n500,1,1,1,3\n", "between 0 and 2"),
    WrongTable("empty", "lamp", "", "and 1 more"),
]


@pytest.mark.parametrize("case", TABLES, ids=lambda case: case.name)
def test_a_wrong_table_is_refused_with_its_key_and_file(case: WrongTable, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(case.text, encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"own\.csv.*{case.words}") as caught:
        KIND.options({case.key: "own.csv"}, tmp_path)
    assert caught.value.key == case.key
    with pytest.raises(pydantic.ValidationError, match=r"\.csv file"):
        KIND.options({case.key: "own.txt"}, tmp_path)
