"""The rig as a session sees it: what information and figures of merit answer to."""

from __future__ import annotations

from math import pi
from pathlib import Path
from typing import Any

import numpy as np
import pydantic
import pytest

from drivers.errors import ConfigError, ValueRefused
from drivers.types import Value
from hil.information import estimate_information
from hil.noise import XrayNoise
from hil.records.estimate import Estimate
from sim.parts.rig import SimulatedRig
from sim.tomography import KIND
from sim.tomography.scenes import densities
from tests.sim import rigs
from tests.sim.rigs import Factor, apply

SAMPLES = range(12)


def open_rig(**options: Any) -> SimulatedRig:
    table = {"seed": 3, "bins": 64, "bin_mm": 0.4, "scene": "blobs"} | options
    rig = KIND.open(KIND.options(table, Path.cwd()))
    apply(rig, {"source.current_ma": 0.01, "gantry.views": 32})
    return rig


def frame(rig: SimulatedRig, sample: int = 0) -> np.ndarray[Any, Any]:
    apply(rig, {"sample.number": sample})
    return rigs.frame(rig, "detector")


def measure(rig: SimulatedRig, **settings: Value) -> Estimate:
    apply(rig, {name.replace("__", "."): value for name, value in settings.items()})
    frames = np.stack([frame(rig, number) for number in SAMPLES])
    numbers = rig.truth.noise_model()
    noise = XrayNoise(
        numbers.adu_per_photon,
        numbers.offset_adu,
        numbers.electronic_noise_adu,
        numbers.bit_depth,
    )
    return estimate_information(
        frames[:, None], noise, "stationary", rig.truth.path.options.interleave or 8
    )


def bits_per_frame(rig: SimulatedRig, **settings: Value) -> float:
    per_pixel = measure(rig, **settings).bits_per_pixel
    return per_pixel * rig.truth.expected_electrons().size


FACTORS = [
    Factor("dose", {"detector__exposure_ms": 20_000.0}, {"detector__exposure_ms": 2_000.0}),
    Factor("current", {"source__current_ma": 0.02}, {"source__current_ma": 0.002}),
    Factor("binning", {"detector__binning": 1}, {"detector__binning": 4}),
    Factor("arc", {"gantry__arc_deg": 180.0}, {"gantry__arc_deg": 40.0}),
    Factor(
        "spectrum at equal dose",
        {"source__control": "kerma", "source__voltage_kv": 50.0},
        {"source__control": "kerma", "source__voltage_kv": 120.0},
    ),
]


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.name)
def test_information_answers_to_what_quality_depends_on(factor: Factor) -> None:
    rig = open_rig()
    better, worse = (bits_per_frame(rig, **settings) for settings in factor[1:])
    assert better > 1.05 * worse


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"electronic_noise_adu": 5.0}, {"electronic_noise_adu": 60.0}),
        ({"blur_mm": 0.1}, {"blur_mm": 0.8}),
        ({"scatter_per_cm2": 0.0}, {"scatter_per_cm2": 1.0}),
    ],
    ids=["electronic noise", "blur", "scatter"],
)
def test_information_answers_to_the_detector(
    better: dict[str, float], worse: dict[str, float]
) -> None:
    assert bits_per_frame(open_rig(**better)) > 1.05 * bits_per_frame(open_rig(**worse))


def test_a_fixed_dose_has_its_best_number_of_views_inside() -> None:
    """Few views miss what lies between, many drown in electronic noise."""
    rig = open_rig(electronic_noise_adu=40.0, interleave=4)
    few, some, many = (bits_per_frame(rig, gantry__views=views) for views in (8, 16, 32))
    assert some > 1.06 * max(few, many)


def test_exposure_has_its_best_below_saturation() -> None:
    rig = open_rig(bit_depth=10)
    low, middle, high = (
        bits_per_frame(rig, detector__exposure_ms=ms) for ms in (300.0, 6_000.0, 60_000.0)
    )
    assert middle > 1.2 * max(low, high)


def test_power_sharpens_nothing() -> None:
    """At equal charge a weak tube has the smaller focal spot."""
    rig = open_rig(penumbra_um_per_w=5.0)
    slow = bits_per_frame(rig, source__current_ma=0.02, detector__exposure_ms=10_000.0)
    fast = bits_per_frame(rig, source__current_ma=1.0, detector__exposure_ms=200.0)
    assert slow > 1.05 * fast


def test_interleaved_frames_hold_the_same_views() -> None:
    plain, dealt = open_rig(), open_rig(interleave=8)
    sinogram, channels = frame(plain), frame(dealt)
    assert sinogram.shape == (32, 64)
    assert channels.shape == (4, 8, 64)
    for channel in range(4):
        assert np.array_equal(channels[channel], sinogram[channel::4])
    with pytest.raises(ValueRefused, match="multiple of 8"):
        apply(dealt, {"gantry.views": 20})


def test_figures_of_merit_follow_the_scan() -> None:
    rig = open_rig()
    at_first = rig.truth.metrics()
    assert at_first["nyquist_views"] == pytest.approx(pi / 2 * 64)
    assert at_first["view_ms"] == pytest.approx(10_000 / 32)
    assert rig.truth.metrics({"detector.binning": 4})["cutoff_per_mm"] == pytest.approx(0.3125)
    few = rig.truth.metrics({"gantry.views": 8})
    assert few["snr"] > at_first["snr"]
    assert few["dose_mgy"] == pytest.approx(at_first["dose_mgy"])
    double = rig.truth.metrics({"source.current_ma": 0.02})
    assert double["dose_mgy"] == pytest.approx(2 * at_first["dose_mgy"])
    assert rig.devices["metrics"].read("metrics.snr") == at_first["snr"]
    dark = rig.truth.metrics({"source.current_ma": 0.0})
    assert all(np.isfinite(value) for value in dark.values())


def test_a_scan_takes_its_views_time() -> None:
    rig = open_rig()
    begun = rig.device_s()
    frame(rig)
    assert rig.device_s() - begun == pytest.approx(10.0 + 32 * 0.02)


def test_the_same_seed_gives_the_same_frames() -> None:
    assert np.array_equal(frame(open_rig(), 5), frame(open_rig(), 5))
    assert not np.array_equal(frame(open_rig(), 5), frame(open_rig(seed=4), 5))


@pytest.mark.parametrize("scene", ["ellipses", "shepp_logan", "blobs", "slice"])
def test_samples_differ_and_lie_in_the_field(scene: str) -> None:
    path = open_rig(scene=scene).truth.path
    slices = np.stack([path.sample(number) for number in range(3)])
    assert slices.min() >= -1000
    assert slices.max() <= 3071
    assert all(one.max() > 100 for one in slices), "there is bone"
    assert not np.array_equal(slices[0], slices[1])
    assert np.array_equal(slices[1], open_rig(scene=scene).truth.path.sample(1))


def test_hounsfield_units_are_attenuation_of_water() -> None:
    """Up to 100 by definition; 1500 is cortical bone."""
    units = np.array([[-1000.0, 0.0], [50.0, 1500.0]], np.float32)
    water, bone = densities(units)
    np.testing.assert_allclose(water, [[0, 1], [1.05, 0]], atol=1e-6)
    np.testing.assert_allclose(bone, [[0, 0], [0, 1.92]], atol=1e-6)


def test_slices_of_ones_own(tmp_path: Path) -> None:
    np.save(tmp_path / "own.npy", np.stack([np.zeros((48, 48)), np.full((48, 48), -1000)]) + 0.5)
    rig = KIND.open(KIND.options({"scene": "own.npy", "bins": 32}, tmp_path))
    number = next(s for s in rig.devices["sample"].describe() if s.name == "sample.number")
    assert number.high == 1
    apply(rig, {"source.current_ma": 0.01, "gantry.views": 8})
    assert rig.truth.expected_electrons({"sample.number": 1}).min() > 1.2 * (
        rig.truth.expected_electrons({"sample.number": 0}).min()
    )


BAD_SLICES = [
    ("flat.npy", np.zeros(48), "real numbers"),
    ("oblong.npy", np.zeros((48, 40)), "squares"),
    ("small.npy", np.zeros((8, 8)), "squares"),
    ("nan.npy", np.full((48, 48), np.nan), "finite"),
    ("air.npy", np.full((48, 48), -1000.0), "nothing but air"),
]


@pytest.mark.parametrize(
    ("name", "array", "said"), BAD_SLICES, ids=[case[0] for case in BAD_SLICES]
)
def test_bad_slices_are_refused(
    name: str, array: np.ndarray[Any, Any], said: str, tmp_path: Path
) -> None:
    np.save(tmp_path / name, array)
    with pytest.raises(ConfigError, match=said):
        KIND.options({"scene": name}, tmp_path)


def test_bad_options_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        KIND.options({"scene": "nowhere.npy"}, tmp_path)
    with pytest.raises(pydantic.ValidationError, match="one of ellipses"):
        KIND.options({"scene": "stars"}, tmp_path)
    monkeypatch.setattr("sim.tomography.scenes.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install pydicom"):
        KIND.options({"scene": "slice"}, tmp_path)
