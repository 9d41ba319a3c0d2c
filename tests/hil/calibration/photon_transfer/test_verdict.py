"""Cameras and lights that photon transfer must not be trusted with: refused, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.ndimage import median_filter, shift, uniform_filter

from hil.calibration import PhotonTransfer
from tests.hil.calibration.virtual_camera import VirtualCamera, calibrate, flat

Image = np.ndarray[Any, np.dtype[np.float64]]
Rng = np.random.Generator


def stripes(light: Image, rng: Rng) -> Image:
    """A rolling shutter under mains flicker of 1 %: five periods a frame, any phase."""
    phase = rng.uniform(0, 2 * np.pi)
    wave = np.sin(np.linspace(0, 10 * np.pi, len(light)) + phase)
    return np.asarray(light * (1 + 0.01 * wave)[:, None])


def wandering(light: Image, rng: Rng) -> Image:
    """An arc lamp whose spot moves: 2 % from one side to the other."""
    slope = 0.02 * rng.standard_normal() * np.linspace(-1, 1, light.shape[1])
    return np.asarray(light * (1 + slope))


def moving(light: Image, rng: Rng) -> Image:
    return np.maximum(shift(light, rng.normal(0, 0.05, 2), order=3, mode="nearest"), 0)


def multiplied(electrons: Image, rng: Rng) -> Image:
    """An EMCCD's register, its mean gain divided out again."""
    gain = 100
    return np.asarray(rng.gamma(np.maximum(electrons, 1e-9), gain) / gain)


def dual_gain(adu: Image, rng: Rng) -> Image:
    """Above 3000 ADU a second converter reads, with 25 electrons of noise."""
    return np.where(adu > 3000, adu + 50 * rng.standard_normal(adu.shape), adu)


def despeckled(adu: Image, rng: Rng) -> Image:
    middle = median_filter(adu, 3)
    return np.where(abs(adu - middle) > 1.5 * np.sqrt(2 * np.maximum(middle, 1)), middle, adu)


class Case(NamedTuple):
    says: str
    camera: VirtualCamera
    how: Mapping[str, Any] = MappingProxyType({})


CASES = (
    Case("rolling shutter", VirtualCamera(light=stripes)),
    Case("differently over the field", VirtualCamera(light=wandering)),
    Case("scene moves", VirtualCamera(light=moving)),
    Case("neighbouring pixels", VirtualCamera(analog=lambda adu, rng: uniform_filter(adu, 2))),
    Case("neighbouring pixels", VirtualCamera(analog=despeckled)),
    Case("an EM gain", VirtualCamera(charge=multiplied, read_noise_e=0.5)),
    Case("EM gain 300", VirtualCamera(charge=multiplied), {"em_gain": 300.0}),
    Case("dual-gain", VirtualCamera(analog=dual_gain), {"scene": flat}),
    Case("not linear", VirtualCamera(charge=lambda e, rng: e - e**2 / 40_000), {"scene": flat}),
    Case("of the dark values are 0", VirtualCamera(offset_adu=3.0)),
    Case("gain is known to", VirtualCamera(), {"side_px": 24, "repeats": 2}),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_it_is_refused_with_its_reason(case: Case) -> None:
    for seed in (1, 2):
        found = calibrate(case.camera, seed, **case.how)
        assert len(found.problems) == 1
        assert case.says in found.problems[0]


def test_frames_averaged_in_the_camera_are_seen_in_the_next_one() -> None:
    rng = np.random.default_rng(0)
    camera, side = VirtualCamera(), 128
    transfer = PhotonTransfer(16)
    for k, electrons in enumerate((0.0, 50.0, 500.0, 3000.0)):
        single = camera.take(np.full((side, side), electrons), 7, rng).astype(float)
        mixed = np.rint((single[1:] + single[:-1]) / 2).astype(np.uint16)
        transfer.add(mixed, electrons, float(k > 0), dark=k == 0)
    (problem,) = transfer.fit().problems
    assert "frames averaged in the camera" in problem
