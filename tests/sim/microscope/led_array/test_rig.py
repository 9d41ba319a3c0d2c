"""The rig as a session sees it: what information and figures of merit answer to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pydantic
import pytest
import torch

from drivers.errors import ConfigError
from drivers.types import Value
from hil.information import estimate_information
from sim.microscope.led_array.imager import led_settings
from sim.microscope.rig import KIND
from sim.parts.rig import SimulatedRig
from tests.sim.rigs import Factor, Settings, camera_noise

DRY: dict[str, Any] = {
    "contrast": "phase",
    "seed": 3,
    "numerical_aperture": 0.4,
    "refractive_index": 1.0,
    "magnification": 20.0,
    "scene_um": 100.0,
    "height_px": 64,
    "width_px": 64,
    "led_na": 0.8,
    "led_points": 24,
    "photons_per_uj": 1000.0,
    "aberration_rms_nm": 0.0,
}
FIELDS = [(x, y) for y in (-26.0, 26.0) for x in (-39.0, -13.0, 13.0, 39.0)]


def open_rig(**options: Any) -> SimulatedRig:
    return KIND.open(KIND.options(DRY | options, Path.cwd()))


@pytest.fixture(scope="module")
def rig() -> SimulatedRig:
    """One for all who only suppose settings."""
    return open_rig()


def bits(rig: SimulatedRig, **settings: Value) -> float:
    """Information in bits per pixel; ``led__outer_na=0.2`` means ``led.outer_na``."""
    wanted = {name.replace("__", "."): value for name, value in settings.items()}
    wanted = {"led.power_mw": 1.0, "camera.exposure_ms": 20.0} | wanted
    frames = [
        rig.truth.path.expose(rig.truth.suppose({**wanted, "stage.x_um": x, "stage.y_um": y}))
        for x, y in FIELDS
    ]
    noise = camera_noise(rig, wanted)
    return estimate_information(np.stack(frames), noise, "copula", 8).bits_per_pixel


FACTORS = [
    Factor("exposure", {"camera__exposure_ms": 40.0}, {"camera__exposure_ms": 4.0}),
    Factor("power", {"led__power_mw": 2.0}, {"led__power_mw": 0.2}),
    Factor("oblique light", {"led__pattern": "half-plane"}, {"led__pattern": "annular"}),
    Factor("aberration", {}, {"mirror__z5_nm": 150.0, "mirror__z9_nm": 150.0}),
    Factor("colour", {"led__wavelength_nm": 450.0}, {"led__wavelength_nm": 650.0}),
]


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.name)
def test_information_answers_to_what_quality_depends_on(factor: Factor, rig: SimulatedRig) -> None:
    light: Settings = {"led__pattern": "half-plane", "led__outer_na": 0.38}
    assert bits(rig, **(light | factor.better)) > bits(rig, **(light | factor.worse)) + 0.05


def test_a_noisier_or_blinder_sensor_tells_less(rig: SimulatedRig) -> None:
    light: Settings = {"led__pattern": "half-plane", "led__outer_na": 0.3}
    best = bits(rig, **light)
    assert best > bits(open_rig(read_noise_e=60.0), **light) + 0.05
    assert best > bits(open_rig(quantum_efficiency=0.1), **light) + 0.05


def test_coarser_sampling_tells_less_of_a_frame(rig: SimulatedRig) -> None:
    light: Settings = {"led__pattern": "half-plane", "led__outer_na": 0.3}
    fine, coarse = (bits(rig, **light, camera__binning=b) * (64 // b) ** 2 for b in (1, 2))
    assert fine > 1.1 * coarse


def test_the_best_condenser_is_neither_closed_nor_open(rig: SimulatedRig) -> None:
    """Wider light is brighter and shows less of a phase object; cut-off and SNR want it wide."""
    found = {na: bits(rig, led__outer_na=na, focus__z_um=2.0) for na in (0.05, 0.2, 0.4)}
    assert found[0.2] > found[0.05] + 0.05
    assert found[0.2] > found[0.4] + 0.05
    figures = [
        rig.truth.metrics({"led.power_mw": 1.0, "led.outer_na": na}) for na in (0.05, 0.2, 0.4)
    ]
    for name in ("cutoff_cycles_per_um", "snr"):
        assert figures[0][name] < figures[1][name] < figures[2][name]


def test_exposure_is_best_where_the_camera_does_not_saturate(rig: SimulatedRig) -> None:
    light: Settings = {"led__pattern": "half-plane", "led__outer_na": 0.35}
    found = [bits(rig, camera__exposure_ms=ms, **light) for ms in (20.0, 250.0, 2000.0)]
    assert found[1] > found[0] + 0.1
    assert found[1] > found[2] + 0.1


def test_nothing_shows_where_nothing_is() -> None:
    rig = open_rig(scene="flat")
    assert abs(bits(rig)) < 0.02
    electrons = rig.truth.expected_electrons({"led.power_mw": 1.0, "camera.exposure_ms": 20.0})
    # 0.8 electrons a photon, 1000 photons a uJ, 20 uJ, a sixteenth of the LEDs
    assert electrons.mean() == pytest.approx(0.8 * 1000 * 20 / 16, rel=1e-3)
    assert np.ptp(electrons) < 1e-3 * electrons.mean()


def test_it_is_dark_without_power_or_leds() -> None:
    rig = open_rig(dark_current_e_per_s=0.0)
    assert not rig.truth.expected_electrons().any()
    dark = {"led.power_mw": 1.0, "led.pattern": "darkfield", "led.outer_na": 0.39}
    assert not rig.truth.expected_electrons(dark).any()
    assert rig.truth.metrics(dark)["cutoff_cycles_per_um"] == 0
    (light,) = (s for d in rig.devices.values() for s in d.describe() if s.role == "light")
    assert light.name == "led.power_mw"
    assert rig.devices["led"].read(light.name) == 0


def test_figures_of_merit_follow_the_light() -> None:
    rig = open_rig()
    lit = {"led.power_mw": 1.0}
    rig.devices["led"].start(lit)
    rig.devices["led"].settle(1.0)
    assert rig.truth.metrics()["cutoff_cycles_per_um"] == pytest.approx(0.6 / 0.53)
    assert rig.devices["metrics"].read("metrics.snr") == rig.truth.metrics()["snr"]
    darkfield = rig.truth.metrics({"led.pattern": "darkfield", "led.outer_na": 0.6})
    assert darkfield["cutoff_cycles_per_um"] == pytest.approx(1.0 / 0.53)
    assert darkfield["contrast"] > 3 * rig.truth.metrics()["contrast"]
    assert darkfield["phase_transfer_peak"] == 0
    assert rig.truth.metrics()["phase_transfer_peak"] == pytest.approx(0, abs=1e-9)
    oblique = rig.truth.metrics({"led.pattern": "half-plane"})
    assert 0.5 < oblique["phase_transfer_peak"] <= 1.001


def test_the_scene_moves_with_the_stage_and_ends_nowhere() -> None:
    rig = open_rig(scene="beads")
    lit = {"led.power_mw": 1.0, "led.pattern": "half-plane"}
    here = rig.truth.expected_electrons(lit)
    step_um = 6.5 / 20
    moved = rig.truth.expected_electrons({**lit, "stage.x_um": 3 * step_um, "stage.y_um": -step_um})
    np.testing.assert_allclose(moved[1:, :-3], here[:-1, 3:], rtol=0.02)
    part = rig.truth.expected_electrons({**lit, "stage.x_um": step_um / 2})
    back = rig.truth.expected_electrons({**lit, "stage.x_um": -step_um / 2})
    np.testing.assert_allclose(part[:, :-1], back[:, 1:], rtol=0.02)
    assert np.abs(part - here).max() > 0.01 * here.mean()


CONTINUOUS = [
    "led.inner_na",
    "led.outer_na",
    "led.wavelength_nm",
    "led.power_mw",
    "focus.z_um",
    "mirror.z5_nm",
    "mirror.z11_nm",
    "camera.exposure_ms",
    "stage",
]


@pytest.mark.parametrize("name", CONTINUOUS)
@pytest.mark.parametrize("pattern", ["half-plane", "darkfield"])
def test_gradients_are_those_of_finite_differences(name: str, pattern: str) -> None:
    rig = open_rig(
        height_px=16, width_px=16, scene_um=30.0, aberration_rms_nm=30.0,
        sample_index=1.33, depth_um=50.0, absorption=0.1, scene="mixed",
    )  # fmt: skip
    path = rig.truth.path
    rng = np.random.default_rng(1)
    weights = torch.from_numpy(rng.standard_normal((1, 16, 16)))
    scene = torch.from_numpy(path.scene.astype(np.float64))
    values = dict(rig.truth.suppose({"led.pattern": pattern, "led.power_mw": 1.0}))
    values |= {"led.inner_na": 0.13, "led.outer_na": 0.473, "focus.z_um": 1.3}
    centre = torch.tensor([[0.1, 0.07]], dtype=torch.float64)

    def total(value: torch.Tensor) -> torch.Tensor:
        where = centre + value if name == "stage" else centre
        numbers = values if name == "stage" else values | {name: value}
        return (path.imager.photons(scene, led_settings(numbers), where) * weights).sum()

    start = 0.0 if name == "stage" else float(values[name])
    at = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(total(at), at)
    step = 1e-6 * max(abs(start), 1.0)
    with torch.no_grad():
        ahead, behind = (total(torch.tensor(start + d, dtype=torch.float64)) for d in (step, -step))
    assert float(gradient) == pytest.approx(float(ahead - behind) / (2 * step), rel=1e-3)


def test_single_precision_is_good_enough(rig: SimulatedRig) -> None:
    path = rig.truth.path
    settings = led_settings(rig.truth.suppose({"led.pattern": "half-plane", "focus.z_um": 5.0}))
    centre = torch.zeros((1, 2), dtype=torch.float64)
    single = path.imager.images(torch.from_numpy(path.scene), settings, centre)
    double = path.imager.images(torch.from_numpy(path.scene).double(), settings, centre)
    torch.testing.assert_close(single.double(), double, rtol=1e-4, atol=1e-5)


def test_the_same_seed_gives_the_same_frames(rig: SimulatedRig) -> None:
    lit = {"led.power_mw": 1.0}
    seen = rig.truth.expected_electrons(lit)
    assert np.array_equal(seen, open_rig().truth.expected_electrons(lit))
    assert not np.array_equal(seen, open_rig(seed=4).truth.expected_electrons(lit))


def test_the_mirror_undoes_the_hidden_aberration(rig: SimulatedRig) -> None:
    hidden = open_rig(aberration_rms_nm=60.0).truth
    clear = rig.truth.expected_electrons({"led.power_mw": 1.0})
    best = hidden.expected_electrons({"led.power_mw": 1.0, **hidden.best_settings})
    np.testing.assert_allclose(best, clear, rtol=1e-3)
    assert np.linalg.norm(list(hidden.aberration_nm.values())) == pytest.approx(60.0)


def test_scenes_of_ones_own(tmp_path: Path) -> None:
    np.save(tmp_path / "wedge.npy", np.full((400, 400), -50.0))
    rig = KIND.open(KIND.options(DRY | {"scene": "wedge.npy"}, tmp_path))
    assert rig.truth.expected_electrons({"led.power_mw": 1.0}).std() >= 0
    np.save(tmp_path / "small.npy", np.ones((20, 20)))
    with pytest.raises(ConfigError, match="smaller than the camera"):
        KIND.options(DRY | {"scene": "small.npy"}, tmp_path)
    np.save(tmp_path / "holes.npy", np.full((400, 400), np.nan))
    with pytest.raises(ConfigError, match="finite"):
        KIND.options(DRY | {"scene": "holes.npy"}, tmp_path)


class Refused(NamedTuple):
    options: dict[str, Any]
    words: str


REFUSED = [
    Refused({"scene": "fibres"}, "one of mixed, adherent"),
    Refused({"background": 0.5}, 'background belongs to contrast = "fluorescence"'),
    Refused({"contrast": "fluorescence"}, 'led_na belongs to contrast = "phase"'),
    Refused({"contrast": "darkfield"}, "'fluorescence' or 'phase'"),
    Refused({"led_points": 33}, "an even number"),
    Refused(
        {"sample_index": 1.0, "numerical_aperture": 1.1, "refractive_index": 1.3}, "below sample"
    ),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.words)
def test_options_that_make_no_sense_are_refused(case: Refused) -> None:
    with pytest.raises(pydantic.ValidationError, match=case.words):
        KIND.options(DRY | case.options, Path.cwd())
