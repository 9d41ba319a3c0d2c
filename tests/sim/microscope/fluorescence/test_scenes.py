"""Scenes: same light, no edges, detail at every scale."""

from pathlib import Path

import numpy as np
import pytest

from sim.microscope.fluorescence.scenes import SCENES, load_scene, make_scene

PITCH_UM = 0.1032
SHAPE = (360, 420)
DETAILED = [name for name in SCENES if name != "flat"]


def _make(name: str, seed: int = 1) -> np.ndarray:
    return make_scene(name, SHAPE, PITCH_UM, np.random.default_rng(seed))


@pytest.mark.parametrize("name", SCENES)
def test_scene_is_light_of_mean_one(name: str) -> None:
    scene = _make(name)
    assert scene.shape == SHAPE
    assert scene.dtype == np.float32
    assert scene.min() >= 0
    assert scene.mean(dtype=float) == pytest.approx(1, rel=1e-5)


def test_flat_is_flat() -> None:
    assert np.ptp(_make("flat")) == 0


@pytest.mark.parametrize("name", DETAILED)
def test_scene_follows_its_seed(name: str) -> None:
    np.testing.assert_array_equal(_make(name), _make(name))
    assert np.abs(_make(name) - _make(name, seed=2)).mean() > 0.1


@pytest.mark.parametrize("name", DETAILED)
def test_scene_goes_on_over_its_edges(name: str) -> None:
    """Coarse brightness on both sides of the seam is as alike as anywhere: no frame around it."""
    scene = _make(name)
    edge = np.concatenate([scene[:8].ravel(), scene[-8:].ravel(), scene[:, :8].ravel()])
    assert 0.3 < edge.mean() < 3


@pytest.mark.parametrize("name", DETAILED)
def test_scene_has_detail_up_to_the_cutoff(name: str) -> None:
    """Power at 70 to 90 % of 2 NA / lambda is at least 1 % of the mean power below 20 %."""
    scene = _make(name)
    power = np.abs(np.fft.fft2(scene - scene.mean())) ** 2
    fy, fx = np.meshgrid(*(np.fft.fftfreq(n, PITCH_UM) for n in SHAPE), indexing="ij")
    relative = np.hypot(fy, fx) / (2 * 1.2 / 0.510)
    fine = power[(relative > 0.7) & (relative < 0.9)].mean()
    coarse = power[(relative > 0) & (relative < 0.2)].mean()
    assert fine > 0.01 * coarse


def test_a_file_serves_as_scene(tmp_path: Path) -> None:
    np.save(tmp_path / "mine.npy", np.arange(12, dtype=np.uint16).reshape(3, 4))
    scene = load_scene(tmp_path / "mine.npy")
    np.testing.assert_allclose(scene, np.arange(12).reshape(3, 4) / 5.5, rtol=1e-6)


BAD_SCENES = {
    "three axes": np.ones((2, 2, 2)),
    "complex": np.ones((2, 2), complex),
    "negative": np.array([[1.0, -1.0]]),
    "not finite": np.array([[1.0, np.nan]]),
    "all zero": np.zeros((2, 2)),
    "empty": np.zeros((0, 2)),
}


@pytest.mark.parametrize("what", BAD_SCENES)
def test_a_file_that_is_no_scene_is_refused(what: str, tmp_path: Path) -> None:
    np.save(tmp_path / "bad.npy", BAD_SCENES[what])
    with pytest.raises(ValueError, match="a scene"):
        load_scene(tmp_path / "bad.npy")
