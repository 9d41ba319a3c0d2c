"""The rig as a session sees it: what information and figures of merit answer to."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pydantic
import pytest

from drivers.errors import ConfigError
from drivers.protocol import Camera
from sim.hyperspectral import KIND
from sim.hyperspectral.spectra import WAVELENGTHS_NM, planck, soil
from sim.parts.rig import SimulatedRig
from tests.sim import rigs
from tests.sim.rigs import Factor, Settings, apply

FIELDS: list[Settings] = [
    {"stage.x_mm": x, "stage.y_mm": y} for y in (-10.0, 10.0) for x in (-15.0, -5.0, 5.0, 15.0)
]
BASE: Settings = {
    "lamp.power_mw": 20.0,
    "camera.exposure_ms": 33.0,
    "filter.centre1_nm": 480.0,
    "filter.centre2_nm": 560.0,
    "filter.centre3_nm": 660.0,
    "filter.centre4_nm": 820.0,
    "spectrometer.slit_um": 12.0,
}


def open_rig(**options: Any) -> SimulatedRig:
    return KIND.open(KIND.options({"seed": 3, "side_px": 64} | options, Path.cwd()))


def bits(rig: SimulatedRig, settings: Settings, patch_size: int = 4) -> float:
    """Information at some settings, bits per value."""
    return rigs.measure(rig, BASE | settings, FIELDS, patch_size=patch_size).bits_per_pixel


@cache
def leaves() -> SimulatedRig:
    """One rig for all that is only measured on it: making its scene takes longest."""
    return open_rig()


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


def test_traditional_figures_point_elsewhere() -> None:
    """More light by the widest slit, and the largest angle between spectra, tell less."""
    rig = leaves()
    wide, best = ({**BASE, "spectrometer.slit_um": width} for width in (60.0, 12.0))
    assert rig.truth.metrics(wide)["snr"] > 2 * rig.truth.metrics(best)["snr"]
    edge, red = ({**BASE, "filter.centre3_nm": centre} for centre in (708.0, 660.0))
    angles = [rig.truth.metrics(one)["spectral_angle_deg"] for one in (edge, red)]
    assert angles[0] > 2 * angles[1]
    assert bits(rig, red) > bits(rig, edge) + 0.03
    assert bits(rig, best, 6) > bits(rig, wide, 6) + 0.03


def test_figures_of_merit_follow_the_settings() -> None:
    rig = leaves()
    metrics = rig.truth.metrics
    dark = metrics(BASE | {"lamp.power_mw": 0.0})
    assert dark["snr"] == dark["light_e"] == 0.0
    lit = metrics(BASE)
    assert dark["spectral_angle_deg"] == lit["spectral_angle_deg"]
    # 40 nm bands; the slit's own 3 nm widen them by little, 15 nm by more
    assert lit["spectral_resolution_nm"] == pytest.approx(40.0, abs=0.3)
    wide = metrics(BASE | {"spectrometer.slit_um": 60.0})
    assert wide["spectral_resolution_nm"] > lit["spectral_resolution_nm"] + 1
    assert wide["light_e"] == pytest.approx(5 * lit["light_e"], rel=0.01)
    n, read_noise = lit["light_e"], 8.0
    assert lit["snr"] == pytest.approx(np.mean([lit[f"snr{b}"] for b in range(1, 5)]))
    assert lit["snr4"] < n / np.sqrt(n + read_noise**2)
    # two bands in the same place tell two materials no better than one
    twice = metrics(BASE | {f"filter.centre{b}_nm": 660.0 for b in range(1, 5)})
    assert twice["spectral_angle_deg"] == pytest.approx(0.0, abs=1e-5)
    assert twice["condition"] > 1e6


def test_frames_have_the_bands_as_channels_and_obey_the_noise_model() -> None:
    rig = open_rig(bands=3)
    apply(rig, {"lamp.power_mw": 20.0, "camera.exposure_ms": 50.0})
    camera = rig.devices["camera"]
    assert isinstance(camera, Camera)
    frames = np.stack([frame.pixels for frame in camera.capture(64, 1.0)]).astype(np.float64)
    assert frames.shape == (64, 3, 64, 64)
    electrons = rig.truth.expected_electrons()
    np.testing.assert_allclose(frames.mean(axis=0), 40 + electrons / 5, atol=30)
    variance_e2 = (25 * frames.var(axis=0, ddof=1)).mean(axis=(1, 2))
    expected = electrons.mean(axis=(1, 2)) + 8**2 + 25 / 12
    np.testing.assert_allclose(variance_e2, expected, rtol=0.02)


def test_pixels_of_the_line_are_the_same_in_every_line() -> None:
    rig = open_rig(offset_sd_adu=10.0, read_noise_e=0.0, dark_current_e_per_s=0.0)
    camera = rig.devices["camera"]
    assert isinstance(camera, Camera)
    frame = next(iter(camera.capture(1, 1.0))).pixels
    assert np.ptp(frame, axis=2).max() == 0
    assert frame[0, :, 0].std() > 5


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


def cube(folder: Path, **changes: Any) -> str:
    """Write a cube whose upper half is soil and whose lower half is white."""
    wavelengths = np.arange(400.0, 1000.0, 20.0)
    reflectance = np.ones((wavelengths.size, 128, 128), np.float32)
    reflectance[:, :64] = np.interp(wavelengths, WAVELENGTHS_NM, soil())[:, None, None]
    arrays = {"wavelengths_nm": wavelengths, "reflectance": reflectance} | changes
    np.savez(
        folder / "cube.npz", **{name: value for name, value in arrays.items() if value is not None}
    )
    return "cube.npz"


def test_a_cube_of_ones_own(tmp_path: Path) -> None:
    options = KIND.options({"scene": cube(tmp_path), "side_px": 32}, tmp_path)
    rig = KIND.open(options)
    narrow: Settings = {f"filter.width{b}_nm": 6.0 for b in range(1, 5)}
    seen = rig.truth.expected_electrons(BASE | narrow)
    ratio = seen[:, 6, 16] / seen[:, 26, 16]  # far from the border between the halves
    at = [BASE[f"filter.centre{b}_nm"] for b in range(1, 5)]
    expected = np.interp(np.array(at, float), WAVELENGTHS_NM, soil())
    np.testing.assert_allclose(ratio, expected, rtol=0.02)
    metrics = rig.truth.metrics(BASE)
    assert 1 < metrics["condition"] < 100  # two spectra, found in the cube
    assert metrics["spectral_angle_deg"] > 1


class Wrong(NamedTuple):
    name: str
    changes: dict[str, Any]
    words: str


WRONG = [
    Wrong("missing", {"wavelengths_nm": None}, "wavelengths_nm and reflectance"),
    Wrong("shapes", {"reflectance": np.ones((4, 128, 128))}, r"\(n, height, width\)"),
    Wrong("small", {"reflectance": np.ones((30, 20, 20))}, "64 samples"),
    Wrong("order", {"wavelengths_nm": np.arange(1000.0, 400.0, -20.0)}, "rises"),
    Wrong("negative", {"reflectance": np.full((30, 128, 128), -0.1)}, "between 0 and 2"),
    Wrong("text", {"wavelengths_nm": np.array(["a"] * 30)}, "real numbers"),
]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_a_wrong_cube_is_refused(case: Wrong, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=case.words):
        KIND.options({"scene": cube(tmp_path, **case.changes)}, tmp_path)


def test_a_file_that_is_no_cube_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("not a cube", encoding="utf-8")
    np.save(tmp_path / "plain.npy", np.ones((64, 64)))
    (tmp_path / "plain.npy").rename(tmp_path / "plain.npz")
    for name in ("text.npz", "plain.npz", "nowhere.npz"):
        with pytest.raises(ConfigError, match=name):
            KIND.options({"scene": name}, tmp_path)
    with pytest.raises(pydantic.ValidationError, match="one of leaves"):
        KIND.options({"scene": "stars"}, tmp_path)


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
