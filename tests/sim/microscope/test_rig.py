"""The simulated microscope as a driver, and its physics from settings to frames."""

import threading
import time
from collections.abc import Mapping
from math import exp, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from drivers.errors import CaptureCancelled, ConfigError, DeviceLost, UnknownSetting
from drivers.protocol import Camera, Connection, Device
from sim.microscope.rig import KIND
from sim.parts.rig import SimulatedRig

SMALL: dict[str, Any] = {"height_px": 96, "width_px": 64, "scene_um": 40.0}
MIRROR = [f"mirror.z{j}_nm" for j in range(4, 12)]


def _open(**options: Any) -> SimulatedRig:
    return KIND.open(KIND.options(SMALL | options, Path()))


def _set(scope: SimulatedRig, **values: float) -> None:
    """Apply and settle: ``stage__x_um=3`` means ``stage.x_um``."""
    _apply(scope, {name.replace("__", "."): value for name, value in values.items()})


def _apply(scope: SimulatedRig, values: Mapping[str, float]) -> None:
    for name, value in values.items():
        device = scope.devices[name.split(".", maxsplit=1)[0]]
        device.start({name: value})
        device.settle(1.0)


def _camera(scope: SimulatedRig) -> Camera:
    camera = scope.devices["camera"]
    assert isinstance(camera, Camera)
    return camera


def _frames(scope: SimulatedRig, n: int = 1) -> np.ndarray:
    return np.array([frame.pixels for frame in _camera(scope).capture(n, 1.0)])


def test_devices_and_settings_are_those_of_the_manual() -> None:
    scope = _open()
    assert isinstance(scope, Connection)
    assert all(isinstance(device, Device) for device in scope.devices.values())
    assert list(scope.devices) == ["stage", "focus", "light", "mirror", "camera", "metrics"]
    described = [s for device in scope.devices.values() for s in device.describe()]
    settings = {s.name: s for s in described if not s.read_only}
    assert list(settings) == [
        "stage.x_um", "stage.y_um", "focus.z_um", "light.power_mw", *MIRROR,
        "camera.exposure_ms", "camera.binning",
    ]  # fmt: skip
    assert settings["light.power_mw"].role == "light"
    assert settings["camera.exposure_ms"].role == "exposure"
    assert settings["camera.binning"].choices == (1, 2, 4)
    # The field's edge stays within the scene: (40 um - 64 pixels of 6.5 / 63 um) / 2.
    assert settings["stage.x_um"].high == pytest.approx((40 - 64 * 6.5 / 63) / 2, abs=0.06)
    assert settings["stage.y_um"].high == pytest.approx((40 - 96 * 6.5 / 63) / 2, abs=0.06)


def test_it_opens_dark_with_everything_at_rest() -> None:
    scope = _open()
    values = {
        s.name: d.read(s.name)
        for d in scope.devices.values()
        for s in d.describe()
        if not s.read_only
    }
    assert values.pop("camera.exposure_ms") == 10.0
    assert values.pop("camera.binning") == 1
    assert set(values.values()) == {0.0}
    pixels = _frames(scope, 4).astype(float)
    assert pixels.mean() == pytest.approx(100, abs=5 * 3.22 / sqrt(pixels.size))


def test_same_seed_and_calls_give_the_same_frames() -> None:
    def run(seed: int) -> np.ndarray:
        scope = _open(seed=seed, gain_sd=0.01, hot_fraction=0.001)
        _set(scope, light__power_mw=1.0)
        first = _frames(scope, 2)
        _set(scope, stage__x_um=4.0, mirror__z5_nm=30.0)
        return np.concatenate([first, _frames(scope, 1)])

    frames = run(3)
    np.testing.assert_array_equal(frames, run(3))
    assert (frames[0] != frames[1]).mean() > 0.5
    assert (frames != run(4)).mean() > 0.5


def test_hidden_aberration_has_the_rms_asked_for_and_a_mirror_that_undoes_it() -> None:
    truth = _open(seed=7, aberration_rms_nm=85.0).truth
    hidden = truth.aberration_nm
    assert list(hidden) == [f"z{j}" for j in range(4, 12)]
    assert np.linalg.norm(list(hidden.values())) == pytest.approx(85)
    assert truth.aberration_rms_nm == pytest.approx(85)
    assert truth.residual_rms_nm() == pytest.approx(85)
    assert truth.residual_rms_nm(truth.best_settings) == pytest.approx(0, abs=1e-9)
    # One more mode adds in quadrature, once the others are gone.
    off = dict(truth.best_settings) | {"mirror.z8_nm": truth.best_settings["mirror.z8_nm"] + 12}
    assert truth.residual_rms_nm(off) == pytest.approx(12)
    assert truth.residual_nm(off)["z8"] == pytest.approx(12)


def test_truth_follows_the_devices_and_is_on_each_of_them() -> None:
    scope = _open(aberration_rms_nm=0.0)
    _set(scope, mirror__z5_nm=30.0, mirror__z8_nm=-40.0)
    assert scope.truth.residual_rms_nm() == pytest.approx(50)
    assert {id(device.truth) for device in scope.devices.values()} == {id(scope.truth)}
    with pytest.raises(UnknownSetting):
        scope.truth.residual_rms_nm({"mirror.z12_nm": 1.0})


def test_expected_electrons_are_light_times_efficiency() -> None:
    truth = _open(scene="flat", aberration_rms_nm=0.0).truth
    light = {"light.power_mw": 2.0, "camera.exposure_ms": 50.0}
    # (density 1 + haze 1) x 3 photons a uJ x 100 uJ x QE 0.8, and 0.1 e/s of dark current.
    expected = 2 * 3 * 100 * 0.8 + 0.1 * 0.05
    np.testing.assert_allclose(truth.expected_electrons(light), expected, rtol=1e-5)


@pytest.mark.parametrize("binning", [1, 2])
def test_frames_have_the_mean_and_variance_that_truth_says(binning: int) -> None:
    scope = _open(seed=5)
    _set(scope, light__power_mw=1.0, camera__binning=binning)
    frames = _frames(scope, 200).astype(float)
    model = scope.truth.noise_model()
    electrons = scope.truth.expected_electrons()
    height, width = electrons.shape
    blocks = electrons.reshape(height // binning, binning, width // binning, binning)
    binned = blocks.sum(axis=(1, 3), dtype=float)
    gain = model.gain_e_per_adu
    variance = binned / gain**2 + (model.read_noise_e / gain) ** 2 + 1 / 12
    z = (frames.mean(axis=0) - model.offset_adu - binned / gain) / np.sqrt(variance / 200)
    assert z.mean() == pytest.approx(0, abs=5 / sqrt(z.size))
    assert z.std() == pytest.approx(1, abs=0.05)
    assert (frames.var(axis=0, ddof=1) / variance).mean() == pytest.approx(1, abs=0.02)


def test_a_lamp_flickers_from_frame_to_frame_by_what_was_asked() -> None:
    scope = _open(scene="flat", lamp_flicker=0.05)
    _set(scope, light__power_mw=10.0, camera__exposure_ms=50.0)
    light = _frames(scope, 100).astype(float).mean(axis=(1, 2)) - 100
    assert light.std() / light.mean() == pytest.approx(0.05, rel=0.25)
    assert light.mean() == pytest.approx(scope.truth.expected_electrons().mean() / 0.5, rel=0.02)


def test_stage_moves_the_field_over_the_scene() -> None:
    truth = _open(seed=2).truth
    pixel_um = 6.5 / 63
    lit = {"light.power_mw": 1.0}
    here = truth.expected_electrons(lit)
    there = truth.expected_electrons(
        lit | {"stage.x_um": 7 * pixel_um, "stage.y_um": -5 * pixel_um}
    )
    np.testing.assert_allclose(there[5:, :-7], here[:-5, 7:], rtol=1e-3)


def test_half_pixel_moves_lie_between_whole_ones() -> None:
    """Two half moves make a whole one, and a half move is the band-limited interpolation."""
    truth = _open(seed=2).truth
    lit = {"light.power_mw": 1.0}
    half, whole, still = (
        truth.expected_electrons(lit | {"stage.x_um": step * 6.5 / 63}).astype(float)
        for step in (0.5, 1.0, 0.0)
    )
    assert np.abs(half - still).mean() > 0.02 * still.mean()
    # Images hold next to nothing near the Nyquist frequency, so that the average of both
    # neighbours explains a half step better than either of them.
    error = np.abs(half - (still + whole) / 2).mean()
    assert error < 0.5 * np.abs(half - still).mean()


def test_focus_and_mirror_z4_undo_each_other_at_low_na() -> None:
    """z = 4 sqrt(3) n a / NA^2 (paraxial), with the sign of `sim.numerics.pupil`."""
    truth = _open(
        seed=1,
        aberration_rms_nm=0.0,
        numerical_aperture=0.3,
        magnification=20.0,
        refractive_index=1.0,
        scene_um=100.0,
    ).truth
    sharp = truth.expected_electrons({"light.power_mw": 1.0})
    blurred = {"light.power_mw": 1.0, "mirror.z4_nm": 80.0}
    restored = blurred | {"focus.z_um": 4 * sqrt(3) * 0.080 / 0.3**2}
    assert truth.residual_rms_nm(restored) < 2.5
    assert np.std(truth.expected_electrons(blurred)) < 0.85 * np.std(sharp)
    np.testing.assert_allclose(truth.expected_electrons(restored), sharp, rtol=0.01)


@pytest.mark.parametrize("setting", [*MIRROR, "focus.z_um"])
def test_any_aberration_costs_contrast_of_fine_detail(setting: str) -> None:
    truth = _open(seed=4, aberration_rms_nm=0.0).truth
    lit = {"light.power_mw": 1.0}

    def fine(values: Mapping[str, float]) -> float:
        electrons = truth.expected_electrons(lit | dict(values)).astype(float)
        return float(np.diff(electrons, axis=1).std())

    amount = 0.4 if setting == "focus.z_um" else 80.0
    for sign in (1, -1):
        weak, strong = (fine({setting: sign * share * amount}) for share in (0.5, 1.0))
        assert strong < 0.8 * weak < 0.8 * 0.95 * fine({})


def test_large_defocus_spreads_light_and_keeps_it() -> None:
    truth = _open(seed=4, aberration_rms_nm=0.0, background=0.0).truth
    lit = {"light.power_mw": 1.0}
    far = truth.expected_electrons(lit | {"focus.z_um": 15.0})
    assert far.mean() == pytest.approx(0.8 * 3 * 10, rel=0.25)  # a scene's mean, over 30 um
    assert far.std() < 0.1 * truth.expected_electrons(lit).std()


def test_bleaching_is_exponential_in_dose_and_local() -> None:
    scope = _open(scene="flat", aberration_rms_nm=0.0, bleaching=True, bleaching_dose_uj=100.0)
    _set(scope, light__power_mw=5.0)
    levels = []
    for _ in range(4):
        levels.append(float(scope.truth.expected_electrons().mean()))
        _frames(scope)
    np.testing.assert_allclose(np.diff(np.log(levels)), -0.5, rtol=1e-3)
    unbleached = 2 * 3 * 50 * 0.8
    # During an exposure of half the bleaching dose the light falls to its mean over 0 .. 0.5.
    assert levels[0] == pytest.approx(unbleached * (1 - exp(-0.5)) / 0.5, rel=1e-3)
    elsewhere = scope.truth.expected_electrons({"stage.x_um": 16.0})
    assert elsewhere[:, -8:].mean() == pytest.approx(levels[0], rel=1e-2)


@pytest.mark.parametrize(
    ("what", "options", "values"),
    [
        ("bleaching off", {}, {"light.power_mw": 5.0}),
        ("light off", {"bleaching": True, "bleaching_dose_uj": 1.0}, {}),
    ],
)
def test_without_bleaching_or_light_nothing_fades(
    what: str, options: dict[str, Any], values: dict[str, float]
) -> None:
    scope = _open(**options)
    _apply(scope, values)
    lit = {"light.power_mw": 5.0}
    before = scope.truth.expected_electrons(lit)
    _frames(scope, 3)
    np.testing.assert_array_equal(scope.truth.expected_electrons(lit), before)


def test_coarse_pixels_sum_finer_optics() -> None:
    """At 20x the scene is sampled four times a pixel; brightness a pixel stays as it is defined."""
    truth = _open(scene="flat", magnification=20.0, scene_um=60.0).truth
    electrons = truth.expected_electrons({"light.power_mw": 1.0})
    assert electrons.shape == (96, 64)
    np.testing.assert_allclose(electrons, 2 * 3 * 10 * 0.8, rtol=1e-3)


def test_default_light_is_far_from_saturation() -> None:
    scope = _open(seed=9)
    _set(scope, light__power_mw=1.0)
    _apply(scope, scope.truth.best_settings)
    frame = next(_camera(scope).capture(1, 1.0))
    assert frame.meta.saturation_adu == 65535
    assert frame.pixels.max() < 0.2 * 65535


def test_frames_say_when_and_how_they_were_taken() -> None:
    scope = _open()
    _set(scope, camera__exposure_ms=3.5)
    metas = [frame.meta for frame in _camera(scope).capture(3, 1.0)]
    assert [meta.index for meta in metas] == [0, 1, 2]
    assert {meta.exposure_ms for meta in metas} == {3.5}
    assert all(meta.taken_at.tzinfo is not None for meta in metas)


def test_cancel_between_frames_ends_a_capture_and_not_the_next_one() -> None:
    scope = _open()
    camera = _camera(scope)
    frames = camera.capture(3, 1.0)
    next(frames)
    camera.cancel()
    with pytest.raises(CaptureCancelled):
        next(frames)
    assert len(list(camera.capture(2, 1.0))) == 2


def test_real_exposure_is_cancelled_long_before_its_end() -> None:
    scope = _open(realtime=True)
    _set(scope, camera__exposure_ms=2000.0)
    camera = _camera(scope)
    cancelled_at: list[float] = []

    def cancel() -> None:
        cancelled_at.append(time.monotonic())
        camera.cancel()

    timer = threading.Timer(0.05, cancel)
    timer.start()
    with pytest.raises(CaptureCancelled):
        next(camera.capture(1, 1.0))
    # Heard at once; the bound leaves room for a busy machine, not for polling.
    assert time.monotonic() - cancelled_at[0] < 0.5
    timer.join()


def test_real_exposures_take_their_time() -> None:
    scope = _open(realtime=True)
    _set(scope, camera__exposure_ms=30.0)
    begun = time.monotonic()
    list(_camera(scope).capture(2, 1.0))
    assert time.monotonic() - begun >= 0.06


def test_closing_twice_is_safe_and_loses_the_devices() -> None:
    scope = _open()
    scope.close()
    scope.close()
    with pytest.raises(DeviceLost):
        _camera(scope).capture(1, 1.0)


def test_versions_name_what_images_depend_on() -> None:
    assert set(_open().versions) == {"numpy", "scipy", "scikit-image", "torch"}


def test_a_scene_file_is_found_beside_the_rig(tmp_path: Path) -> None:
    scene = np.zeros((200, 160), np.uint8)
    scene[100, 80] = 255
    np.save(tmp_path / "bead.npy", scene)
    table = SMALL | {"scene": "bead.npy", "aberration_rms_nm": 0.0, "background": 0.0}
    scope = KIND.open(KIND.options(table, tmp_path))
    electrons = scope.truth.expected_electrons({"light.power_mw": 1.0})
    assert np.unravel_index(electrons.argmax(), electrons.shape) == (48, 32)
    limits = {s.name: s.high for s in scope.devices["stage"].describe()}
    assert limits["stage.y_um"] == pytest.approx((200 - 96) / 2 * 6.5 / 63, abs=1e-3)


@pytest.mark.parametrize(
    ("file", "problem"),
    [("missing.npy", "No such file"), ("small.npy", "smaller than"), ("text.npy", "text.npy")],
)
def test_a_scene_file_that_cannot_serve_is_refused(file: str, problem: str, tmp_path: Path) -> None:
    np.save(tmp_path / "small.npy", np.ones((96, 63)))
    (tmp_path / "text.npy").write_text("not an array")
    with pytest.raises(ConfigError, match=problem) as refusal:
        KIND.options(SMALL | {"scene": file}, tmp_path)
    assert refusal.value.key == "scene"


BAD_OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"sede": 1}, "sede"),
    ({"seed": -1}, "seed"),
    ({"seed": 1.5}, "seed"),
    ({"aberration_rms_nm": "100"}, "aberration_rms_nm"),
    ({"aberration_rms_nm": float("nan")}, "aberration_rms_nm"),
    ({"bleaching": "yes"}, "bleaching"),
    ({"scene": "stars"}, "one of mixed, cells"),
    ({"numerical_aperture": 1.4}, "below refractive_index"),
    ({"bit_depth": 8, "offset_adu": 300.0}, "below the largest value"),
    ({"width_px": 1024}, "at least the camera's field"),
    ({"magnification": 60.0, "scene_um": 999.0}, "scene_um may be at most"),
]


@pytest.mark.parametrize(("options", "problem"), BAD_OPTIONS)
def test_wrong_options_are_refused_by_key(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        KIND.options(SMALL | options, Path())


def test_no_other_process_is_kept_from_a_simulation() -> None:
    assert KIND.resources(KIND.options({}, Path())) == ()


def test_deep_in_a_sample_of_another_index_the_mirror_brings_the_sharpness_back() -> None:
    deep = _open(sample_index=1.40, depth_um=15.0, aberration_rms_nm=0.0, scene="blobs").truth
    clear = _open(aberration_rms_nm=0.0, scene="blobs").truth
    lit = {"light.power_mw": 1.0}
    contrasts = [
        electrons.std() / electrons.mean()
        for electrons in (
            deep.expected_electrons(lit),
            deep.expected_electrons({**lit, **deep.best_settings}),
            clear.expected_electrons(lit),
        )
    ]
    assert contrasts[0] < 0.8 * contrasts[1]
    assert contrasts[1] < contrasts[2]
    assert deep.residual_rms_nm(deep.best_settings) < 0.5 * deep.residual_rms_nm()
