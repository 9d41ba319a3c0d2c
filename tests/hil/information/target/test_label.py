import numpy as np
import pytest

from hil.errors import InputError
from hil.information.target import label_information
from hil.noise import GaussianNoise

N = 240


def _two_kinds(amplitude, seed=1, n=N):
    """Two signs of one pattern under unit noise, and the exact information about the sign."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    pattern = rng.normal(size=(5, 5))
    pattern /= np.linalg.norm(pattern)
    frames = rng.normal(size=(n, 5, 5)) + amplitude * (2 * labels - 1)[:, None, None] * pattern
    z = np.linspace(-14, 14, 8001)
    own, other = (np.exp(-((z - m) ** 2) / 2) / np.sqrt(2 * np.pi) for m in (amplitude, -amplitude))
    bits = np.sum(own * -np.log2(0.5 + 0.5 * other / np.maximum(own, 1e-300))) * (z[1] - z[0])
    return frames, labels, bits


@pytest.mark.parametrize("amplitude", [1.5, 3.0])
def test_a_gaussian_channel_with_two_labels_is_found_from_below(amplitude):
    frames, labels, truth = _two_kinds(amplitude)
    found = label_information(frames, labels, decoders=("logistic",))
    assert truth - 0.2 < found.bits < truth + 0.05
    assert found.ci_low < found.bits < found.ci_high


def test_useless_frames_tell_nothing():
    frames, labels, _ = _two_kinds(0.0)
    found = label_information(frames, labels, decoders=("logistic",))
    assert found.ci_low == 0 and found.bits < 0.03


def test_no_frame_tells_more_than_the_labels_entropy():
    frames, labels, _ = _two_kinds(12.0, n=80)
    words = np.where(labels == 1, "cell", "debris")
    found = label_information(frames, words, noise=GaussianNoise(1.0))
    assert 0.9 < found.bits <= found.most_bits == pytest.approx(1.0)
    assert found.ci_high <= found.most_bits
    assert found.total_bits > 0.9


def test_frames_of_one_scene_stay_together():
    """Each scene has a look of its own and a label by chance: only a leak could tell it."""
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 2, 40)
    looks = rng.normal(size=(40, 1, 4, 4)) * 5
    frames = looks + rng.normal(size=(40, 6, 4, 4)) * 0.1
    found = label_information(frames, labels, decoders=("logistic",))
    assert found.ci_low == 0
    flat = frames.reshape(-1, 4, 4)
    named = label_information(
        flat, np.repeat(labels, 6), scenes=np.repeat(np.arange(40), 6), decoders=("logistic",)
    )
    assert named.ci_low == 0


@pytest.mark.parametrize(
    ("labels", "said"),
    [([0.5] * 20, "labels"), ([0] * 20, "1 classes"), ([0] * 19, "one a field")],
)
def test_labels_that_cannot_be_are_refused(labels, said):
    with pytest.raises(InputError, match=said):
        label_information(np.random.default_rng(0).normal(size=(20, 4, 4)), labels)
