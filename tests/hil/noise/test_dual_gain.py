"""Two gains in one image: flat fields carry nothing at any light, the join included."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hil.errors import InputError
from hil.information import estimate_information
from hil.noise import CameraNoise, DualGainNoise, parse_noise
from hil.noise.from_spec import build_noise
from hil.spec.noise import DualGainNoiseSpec

FIVE_PER_CENT = DualGainNoise(0.5, 100, 1.6, 3000, 0.525, 1.6)
NOISY_ABOVE = DualGainNoise(0.5, 100, 1.6, 3000, 0.48, 20.0)
TWENTY_TIMES = DualGainNoise(0.25, 100, 1.2, 2000, 5.0, 8.0, bit_depth=12)


@pytest.mark.parametrize("noise", [FIVE_PER_CENT, NOISY_ABOVE, TWENTY_TIMES], ids=repr)
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.97, 1.0, 1.03, 2.0])
def test_a_flat_field_carries_nothing(noise: DualGainNoise, share: float) -> None:
    rng = np.random.default_rng(0)
    frames = noise.sample(np.full((8, 96, 96), share * noise.join_electrons), rng)
    found = estimate_information(frames, noise, "copula", patch_size=8)
    assert abs(found.bits_per_pixel) < 0.015


def test_independent_pixels_carry_what_both_gains_let_through() -> None:
    """Gaussian light about the join: 1/2 log2(1 + S / N), N the mean of both sides' noise."""
    rng = np.random.default_rng(1)
    noise = FIVE_PER_CENT
    mean_e, spread_e = noise.join_electrons, 60.0
    light = mean_e + spread_e * rng.standard_normal((8, 1, 128, 128))
    found = estimate_information(noise.sample(light, rng), noise, "copula", patch_size=8)
    truth = 0.5 * np.log2(1 + spread_e**2 / (mean_e + 1.6**2))
    assert found.bits_per_pixel == pytest.approx(truth, abs=0.01)


def test_with_one_gain_twice_it_is_the_camera() -> None:
    plain, twice = CameraNoise(0.5, 100, 1.6), DualGainNoise(0.5, 100, 1.6, 3000, 0.5, 1.6)
    y = np.arange(60_000)
    difference = twice.entropy_phi_nats(y, True) - plain.entropy_phi_nats(y, True)
    assert abs(difference).max() < 2e-3
    light = np.array([0.5, 10.0, 1450.0, 20_000.0])
    assert twice.entropy_nats(light) == pytest.approx(plain.entropy_nats(light), abs=1e-3)


def test_the_bias_about_the_join_is_reported_and_small() -> None:
    assert FIVE_PER_CENT.phi_bias_nats(2000, 4000, True) < 1e-4
    assert NOISY_ABOVE.phi_bias_nats(2000, 4000, True) < 3e-3


def test_stabilised_values_rise_and_have_noise_of_one() -> None:
    rng = np.random.default_rng(2)
    for noise in (FIVE_PER_CENT, NOISY_ABOVE):
        assert (np.diff(noise.stabilised(np.arange(20_000), True)) > 0).all()
        for light in (500.0, 4000.0):
            t = noise.stabilised(noise.sample(np.full(50_000, light), rng), True)
            assert t.std() == pytest.approx(1, abs=0.02)


def test_files_and_the_command_line_say_it() -> None:
    words = "gain_e_per_adu=0.5,offset_adu=100,read_noise_e=1.6,join_adu=3000"
    text = f"dual_gain:{words},gain_above_e_per_adu=0.525,read_noise_above_e=1.6"
    assert repr(parse_noise(text)) == repr(FIVE_PER_CENT)
    spec = DualGainNoiseSpec(
        kind="dual_gain",
        gain_e_per_adu=0.5,
        offset_adu=100,
        read_noise_e=1.6,
        join_adu=3000,
        gain_above_e_per_adu=0.525,
        read_noise_above_e=1.6,
    )
    assert repr(build_noise(spec, Path())) == repr(FIVE_PER_CENT)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"join_adu": 50.0}, "join_adu"),
        ({"join_adu": 70_000.0}, "join_adu"),
        ({"offset_above_adu": 4000.0}, "offset_above_adu"),
        ({"gain_above_e_per_adu": 0.0}, "gain_e_per_adu"),
    ],
)
def test_impossible_values_are_refused(changed: dict[str, float], says: str) -> None:
    values = {
        "gain_e_per_adu": 0.5,
        "offset_adu": 100.0,
        "read_noise_e": 1.6,
        "join_adu": 3000.0,
        "gain_above_e_per_adu": 0.525,
        "read_noise_above_e": 1.6,
    }
    with pytest.raises(InputError, match=says):
        DualGainNoise(**(values | changed))


@pytest.mark.parametrize("step", [16.0, 1.5])
@pytest.mark.parametrize("noise", [FIVE_PER_CENT, TWENTY_TIMES], ids=repr)
def test_in_steps_of_a_digital_gain_it_is_the_same_camera(
    noise: DualGainNoise, step: float
) -> None:
    """(D y) / D is y: its noise in steps is that of y."""
    times = DualGainNoise(
        noise.gain_e_per_adu / step,
        noise.offset_adu * step,
        noise.read_noise_e,
        noise.join_adu * step,
        noise.gain_above_e_per_adu / step,
        noise.read_noise_above_e,
        noise.offset_above_adu * step,
        20,
    )
    again = times.recoded(step, 0.0, noise.highest_adu)
    assert isinstance(again, DualGainNoise)
    assert again.join_electrons == pytest.approx(noise.join_electrons)
    y = np.arange(4096)
    assert again.entropy_phi_nats(y, True) == pytest.approx(noise.entropy_phi_nats(y, True))
    twice = times.recoded(step / 2, 0.0, None).recoded(2.0, 0.25, noise.highest_adu)
    assert twice.mean_variance_adu2(2500, True) == pytest.approx(
        noise.mean_variance_adu2(2500.125, True)
    )


def test_clipped_below_the_join_it_is_a_camera_of_one_gain() -> None:
    clipped = NOISY_ABOVE.recoded(1.0, 0.0, 2500.0)
    assert isinstance(clipped, CameraNoise)
    assert clipped.highest_adu == 2500
    above = NOISY_ABOVE.recoded(1.0, 0.0, 5000.0)
    assert isinstance(above, DualGainNoise)
    assert above.highest_adu == 5000


@pytest.mark.parametrize("share", [0.3, 1.0, 1.6])
def test_a_flat_field_of_shifted_bits_carries_nothing(share: float) -> None:
    rng = np.random.default_rng(3)
    noise = TWENTY_TIMES
    light = np.full((8, 96, 96), share * noise.join_electrons)
    found = estimate_information(16 * noise.sample(light, rng), noise, "copula", patch_size=8)
    assert abs(found.bits_per_pixel) < 0.015
    assert {"code_step"} <= set(found.flags)
    assert "codes_not_divided" not in found.flags
