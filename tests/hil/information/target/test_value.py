import numpy as np
import pytest

from hil.errors import InputError
from hil.information.target import target_information

N = 600


def _frames(values, noise=1.0, seed=0):
    rng = np.random.default_rng(seed)
    patterns = np.linalg.qr(rng.normal(size=(16, values.shape[1])))[0]
    signal = (values @ patterns.T).reshape(-1, 4, 4)
    return signal + noise * rng.normal(size=signal.shape)


@pytest.mark.parametrize("amplitude", [0.5, 1.0, 3.0])
def test_a_gaussian_channel_has_half_the_logarithm_of_its_signal_to_noise(amplitude):
    value = np.random.default_rng(5).normal(size=(N, 1))
    found = target_information(_frames(amplitude * value), value[:, 0])
    truth = 0.5 * np.log2(1 + amplitude**2)
    assert found.ci_low - 0.02 < truth < found.ci_high + 0.1
    assert found.bits < truth + 0.1


def test_a_monotone_scale_of_the_values_changes_nothing():
    value = np.random.default_rng(5).normal(size=(N, 1))
    frames = _frames(value)
    plain = target_information(frames, value[:, 0], decoders=("ridge",))
    bent = target_information(frames, np.exp(3 * value[:, 0]), decoders=("ridge",))
    assert bent.bits == pytest.approx(plain.bits)


def test_two_values_that_are_told_apart_add_up():
    values = np.random.default_rng(6).normal(size=(N, 2))
    found = target_information(_frames(values), values, decoders=("ridge",))
    assert found.bits == pytest.approx(1.0, abs=0.15)


def test_values_that_follow_from_each_other_are_refused():
    value = np.random.default_rng(5).normal(size=60)
    with pytest.raises(InputError, match="follow from each other"):
        target_information(np.zeros((60, 4, 4)), np.column_stack([value, 2 * value]))


def test_useless_frames_tell_nothing():
    value = np.random.default_rng(5).normal(size=N)
    found = target_information(np.random.default_rng(9).normal(size=(N, 4, 4)), value)
    assert found.ci_low == 0 and found.bits < 0.02


@pytest.mark.parametrize("targets", [np.zeros(20), np.full(20, np.nan), np.ones((20, 17)), [1.0]])
def test_targets_that_cannot_be_are_refused(targets):
    with pytest.raises(InputError, match="targets"):
        target_information(np.random.default_rng(0).normal(size=(20, 4, 4)), targets)
