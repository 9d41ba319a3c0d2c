import numpy as np
import pytest

from hil.errors import InputError
from hil.information.target.told import check_options, cluster_interval, flat_frames


def test_an_interval_over_scenes_is_as_wide_as_their_mean_is_uncertain():
    rng = np.random.default_rng(0)
    scene = np.repeat(np.arange(100), 5)
    values = np.repeat(rng.normal(size=100), 5)  # five frames of a scene are one piece of news
    low, high = cluster_interval(values, scene, 0.95, rng, lambda x: x)
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 10, rel=0.15)


def test_repeats_are_rows_of_one_scene():
    flat = flat_frames(np.zeros((6, 3, 4, 5)), None, 5)
    assert flat.rows.shape == (18, 20) and flat.per_field == 3
    assert flat.scene.tolist() == [i for i in range(6) for _ in range(3)]


@pytest.mark.parametrize(
    "frames", [np.zeros((4, 4)), np.full((9, 2, 2), np.nan), np.zeros((3, 2, 2))]
)
def test_frames_that_cannot_be_are_refused(frames):
    with pytest.raises(InputError, match="frames"):
        flat_frames(frames, None, 5)


def test_large_frames_are_averaged() -> None:
    frames = np.zeros((5, 600, 1000), np.uint16)
    frames[:, :300] = 8
    rows = flat_frames(frames, None, 5).rows
    assert rows.shape[1] <= 2**16 and rows.mean() == pytest.approx(4, rel=0.02)


@pytest.mark.parametrize(
    ("folds", "confidence", "decoders", "said"),
    [
        (1, 0.9, ("mlp",), "folds"),
        (3, 1.0, ("mlp",), "confidence"),
        (3, 0.9, (), "decoders"),
        (3, 0.9, ("svm",), "decoders"),
    ],
)
def test_options_that_cannot_be_are_refused(folds, confidence, decoders, said):
    with pytest.raises(InputError, match=said):
        check_options(folds, confidence, decoders, ("mlp", "ridge"))
