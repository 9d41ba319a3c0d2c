"""The sensor against EMVA 1288's linear model."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from sim.parts.sensor import Sensor, SensorNoise, SensorSpec

SHAPE = (256, 256)
SPEC = SensorSpec()


def _sensor(spec: SensorSpec = SPEC, shape: tuple[int, int] = SHAPE, seed: int = 5) -> Sensor:
    return Sensor(spec, shape, np.random.default_rng(seed))


def _even(electrons: float) -> np.ndarray:
    return np.full(SHAPE, electrons, np.float32)


@pytest.mark.parametrize(
    ("gain_e_per_adu", "binning"), [(0.5, 1), (0.25, 1), (2.1, 1), (0.5, 2), (0.5, 4)]
)
def test_photon_transfer_has_the_slope_and_intercept_of_the_noise_model(
    gain_e_per_adu: float, binning: int
) -> None:
    """Variance = (mean - offset) / g + (s / g)^2 + 1/12, fitted over levels, five sigma wide."""
    sensor = _sensor(replace(SPEC, gain_e_per_adu=gain_e_per_adu))
    model = sensor.noise_model(binning)
    rng = np.random.default_rng(7)
    levels_e = np.array([0.0, 5.0, 20.0, 60.0, 150.0, 400.0])
    mean, variance, sigma = [], [], []
    for level in levels_e:
        frames = np.array([sensor.read_out(_even(level), binning, rng) for _ in range(4)], float)
        mean.append(frames.mean() - model.offset_adu)
        variance.append(frames.var())
        sigma.append(frames.var() * sqrt(2 / frames.size))
    (slope, intercept), covariance = np.polyfit(
        mean, variance, 1, w=1 / np.array(sigma), cov="unscaled"
    )
    floor_adu2 = (model.read_noise_e / model.gain_e_per_adu) ** 2 + 1 / 12
    assert slope == pytest.approx(1 / model.gain_e_per_adu, abs=5 * sqrt(covariance[0, 0]))
    assert intercept == pytest.approx(floor_adu2, abs=5 * sqrt(covariance[1, 1]))


def test_dim_light_has_poisson_probabilities() -> None:
    """Without read noise at gain 1, values are electrons: exact also at half an electron."""
    sensor = _sensor(replace(SPEC, gain_e_per_adu=1.0, read_noise_e=0.0))
    adu = sensor.read_out(_even(0.5), 1, np.random.default_rng(8))
    share = np.bincount(adu.ravel() - 100, minlength=5)[:5] / adu.size
    expected = np.exp(-0.5) * np.array([1, 0.5, 0.5**2 / 2, 0.5**3 / 6, 0.5**4 / 24])
    np.testing.assert_allclose(share, expected, atol=5 * sqrt(0.25 / adu.size))


def test_dark_frame_shows_offset_dark_current_and_read_noise() -> None:
    sensor = _sensor(replace(SPEC, dark_current_e_per_s=4.0))
    electrons = sensor.expected_electrons(np.zeros(SHAPE, np.float32), exposure_ms=500.0)
    np.testing.assert_allclose(electrons, 2.0, rtol=1e-6)
    adu = sensor.read_out(electrons, 1, np.random.default_rng(9)).astype(float)
    variance = (2.0 + SPEC.read_noise_e**2) / SPEC.gain_e_per_adu**2 + 1 / 12
    assert adu.mean() == pytest.approx(100 + 2.0 / 0.5, abs=5 * sqrt(variance / adu.size))
    assert adu.var() == pytest.approx(variance, rel=0.03)


def test_quantum_efficiency_turns_photons_into_electrons() -> None:
    sensor = _sensor(replace(SPEC, quantum_efficiency=0.7, dark_current_e_per_s=0.0))
    photons = np.array([[100.0, -1e-6]], np.float32)
    np.testing.assert_allclose(sensor.expected_electrons(photons, 10.0), [[70.0, 0.0]], rtol=1e-6)


def test_converter_clips_at_both_ends() -> None:
    eight_bit = _sensor(replace(SPEC, bit_depth=8, offset_adu=0.0))
    bright = eight_bit.read_out(_even(5000.0), 1, np.random.default_rng(1))
    dark = eight_bit.read_out(_even(0.0), 1, np.random.default_rng(1))
    assert bright.dtype == np.uint8
    assert np.unique(bright).tolist() == [255] == [eight_bit.saturation_adu]
    assert 0.4 < (dark == 0).mean() < 0.7  # half of the read noise, and what rounds to 0


def test_full_well_clips_before_the_converter_where_it_is_smaller() -> None:
    sensor = _sensor(replace(SPEC, full_well_e=1000.0))
    adu = sensor.read_out(_even(1e9), 1, np.random.default_rng(1)).astype(float)
    assert adu.mean() == pytest.approx(100 + 1000 / 0.5, abs=0.1)
    assert adu.std() == pytest.approx(sqrt((1.6 / 0.5) ** 2 + 1 / 12), rel=0.03)
    assert sensor.saturation_adu == 2090  # 100 + (1000 - 3 * 1.6) / 0.5, rounded down
    assert (adu >= sensor.saturation_adu).mean() > 0.99


def test_default_sensor_saturates_at_the_end_of_its_converter() -> None:
    sensor = _sensor()
    adu = sensor.read_out(_even(1e6), 1, np.random.default_rng(1))
    assert adu.dtype == np.uint16
    assert np.unique(adu).tolist() == [65535] == [sensor.saturation_adu]


def test_binning_sums_signal_and_keeps_one_offset() -> None:
    sensor = _sensor(replace(SPEC, gain_e_per_adu=1.0, read_noise_e=0.0), shape=(5, 6))
    electrons = np.zeros((5, 6), np.float32)
    electrons[:2, :2] = 1e6  # one super-pixel in saturation, one dark
    binned = sensor.read_out(electrons, 2, np.random.default_rng(0))
    assert binned.shape == (2, 3)
    assert binned[0, 0] == 65535  # 4 x 33,000 electrons are more than 16 bits hold
    assert np.unique(binned[1]).tolist() == [100]


def test_noise_model_follows_binning() -> None:
    assert _sensor().noise_model(1) == SensorNoise(0.5, 100.0, 1.6, 16)
    binned = _sensor().noise_model(2)
    assert binned.gain_e_per_adu == 0.5
    assert binned.offset_adu == 100.0
    assert binned.read_noise_e == pytest.approx(sqrt(4 * 1.6**2 + 3 / 12 * 0.5**2))


def test_identical_pixels_need_no_maps() -> None:
    maps = _sensor().maps
    assert {maps.gain_e_per_adu.ndim, maps.offset_adu.ndim, maps.read_noise_e.ndim} == {0}


def test_maps_show_in_the_frames_as_drawn() -> None:
    spec = replace(
        SPEC, offset_sd_adu=5.0, gain_sd=0.05, read_noise_spread=0.4, dark_current_e_per_s=0.0
    )
    sensor = _sensor(spec, shape=(64, 64))
    rng = np.random.default_rng(3)
    stack = np.array(
        [sensor.read_out(np.full((64, 64), 400, np.float32), 1, rng) for _ in range(400)], float
    )
    expected = 400 / sensor.maps.gain_e_per_adu + sensor.maps.offset_adu
    standard_error = stack.std(axis=0) / sqrt(len(stack))
    z = (stack.mean(axis=0) - expected) / standard_error
    assert z.std() == pytest.approx(1, abs=0.1)
    dark = np.array(
        [sensor.read_out(np.zeros((64, 64), np.float32), 1, rng) for _ in range(400)], float
    )
    predicted = (sensor.maps.read_noise_e / sensor.maps.gain_e_per_adu) ** 2 + 1 / 12
    ratio = dark.var(axis=0) / predicted
    assert ratio.mean() == pytest.approx(1, abs=0.02)
    assert ratio.std() == pytest.approx(sqrt(2 / 400), rel=0.2)
    assert np.log(sensor.maps.read_noise_e).std() == pytest.approx(0.4, rel=0.05)


def test_hot_pixels_are_as_many_and_as_hot_as_asked() -> None:
    spec = replace(SPEC, hot_fraction=0.02, hot_current_e_per_s=300.0)
    dark = _sensor(spec).maps.dark_current_e_per_s
    hot = dark > SPEC.dark_current_e_per_s
    assert hot.mean() == pytest.approx(0.02, rel=0.15)
    assert dark[hot].mean() == pytest.approx(300.1, rel=0.15)


def test_one_map_does_not_change_another() -> None:
    alone = _sensor(replace(SPEC, offset_sd_adu=2.0)).maps.offset_adu
    both = _sensor(replace(SPEC, offset_sd_adu=2.0, gain_sd=0.1, hot_fraction=0.1)).maps.offset_adu
    np.testing.assert_array_equal(alone, both)


def test_an_em_register_multiplies_electrons_and_doubles_their_variance() -> None:
    """Mean M lambda, variance 2 M^2 lambda for a large gain M (Basden et al. 2003)."""
    sensor = _sensor(replace(SPEC, em_gain=100.0, gain_e_per_adu=10.0, read_noise_e=0.0))
    adu = sensor.read_out(_even(20.0), 1, np.random.default_rng(2)).astype(float)
    assert adu.mean() - 100 == pytest.approx(20 * 100 / 10, rel=0.01)
    assert adu.var() == pytest.approx(2 * 20 * (100 / 10) ** 2, rel=0.04)


def test_row_noise_is_shared_by_rows_and_new_in_each_frame() -> None:
    sensor = _sensor(replace(SPEC, row_noise_e=3.0))
    rng = np.random.default_rng(3)
    rows = np.array([sensor.read_out(_even(100.0), 1, rng).mean(axis=1) for _ in range(2)])
    assert rows.std() == pytest.approx(3.0 / 0.5, rel=0.15)
    assert abs(np.corrcoef(rows)[0, 1]) < 0.25


def test_smoothing_leaves_a_quarter_of_the_variance_and_correlates_neighbours_by_half() -> None:
    adu = _sensor(replace(SPEC, smoothing=True)).read_out(_even(400.0), 1, np.random.default_rng(4))
    noise = adu.astype(float) - adu.mean()
    plain = (400 + SPEC.read_noise_e**2) / SPEC.gain_e_per_adu**2
    assert noise.var() == pytest.approx(plain / 4, rel=0.05)
    assert (noise[:, 1:] * noise[:, :-1]).mean() / noise.var() == pytest.approx(0.5, abs=0.03)


def test_bright_pixels_are_read_by_the_second_converter() -> None:
    sensor = _sensor(replace(SPEC, low_gain_from_e=500.0, low_gain_read_noise_e=30.0))
    for level_e, read_noise_e in ((300.0, 1.6), (1000.0, 30.0)):
        adu = sensor.read_out(_even(level_e), 1, np.random.default_rng(6)).astype(float)
        assert adu.mean() == pytest.approx(100 + 2 * level_e, rel=0.002)
        assert adu.var() == pytest.approx(4 * (level_e + read_noise_e**2), rel=0.04)
