"""Frames against the textbook's way: Zernike modes in polar form, wrapped, the nearest level."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.slm.modulator import Panel
from drivers.slm.pupil import OwnModes, Pupil, PupilPlace
from sim.numerics.zernike import zernike
from tests.drivers.slm.panels import response

PANEL = Panel(width_px=90, height_px=70, bits=8, pitch_um=8.0, wavelength_nm=633.0)
PLACE = PupilPlace(46.0, 33.5, 28.0, grating_x_px=0.11, grating_y_px=-0.04)
NOLL = (4, 5, 8, 11, 22, 45)
RNG = np.random.default_rng(5)


def phase_turns(amplitudes: np.ndarray, own: np.ndarray | None = None) -> np.ndarray:
    rows, columns = np.mgrid[:70, :90].astype(float)
    x, y = (columns - 46.0) / 28, (33.5 - rows) / 28
    rho, theta = np.hypot(x, y), np.arctan2(y, x)
    phase = 0.11 * (columns - 46.0) - 0.04 * (33.5 - rows)
    for amount, j in zip(amplitudes, NOLL, strict=False):
        phase = phase + amount / 633.0 * zernike(j, rho, theta)
    if own is not None:
        phase = phase + amplitudes[len(NOLL)] / 633.0 * own
    return np.where(rho <= 1, phase, 0.0)


def off_turns(frame: np.ndarray, wanted: np.ndarray, table: np.ndarray) -> np.ndarray:
    """How much farther each shown phase lies than the nearest that the table has."""

    def apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.abs((a - b + 0.5) % 1 - 0.5)

    nearest = apart(wanted[..., None], table).min(axis=-1)
    return apart(table[frame], wanted) - nearest


@pytest.mark.parametrize("bits", [4, 8, 10])
def test_each_pixel_shows_the_nearest_level_of_the_wrapped_phase(bits: int) -> None:
    panel = Panel(90, 70, bits, 8.0, 633.0)
    table = response(bits) / (2 * np.pi)
    pupil = Pupil(panel, PLACE, NOLL, OwnModes(), None, table)
    for _ in range(5):
        amplitudes = RNG.normal(0, 150, len(NOLL))
        frame = pupil.frame(amplitudes)
        assert frame.dtype == (np.uint8 if bits <= 8 else np.uint16)
        assert off_turns(frame, phase_turns(amplitudes), table).max() < 2e-4


def test_modes_of_ones_own_and_a_flat_are_added() -> None:
    table = np.arange(256) / 256
    own = RNG.normal(0, 1, (1, 70, 90)).astype(np.float32)
    flat = RNG.normal(0, 300, (70, 90))
    pupil = Pupil(PANEL, PLACE, NOLL, OwnModes(("mine_nm",), own), flat, table)
    amplitudes = RNG.normal(0, 80, len(NOLL) + 1)
    wanted = phase_turns(amplitudes, own[0]) + flat / 633.0
    assert off_turns(pupil.frame(amplitudes), wanted, table).max() < 2e-4


def test_a_frame_holds_while_the_next_is_made() -> None:
    pupil = Pupil(PANEL, PLACE, NOLL, OwnModes(), None, np.arange(256) / 256)
    first = pupil.frame(np.zeros(len(NOLL)))
    kept = first.copy()
    pupil.frame(np.full(len(NOLL), 70.0))
    assert np.array_equal(first, kept)


def test_steepness_is_that_of_the_phase() -> None:
    own = np.zeros((1, 70, 90), np.float32)
    own[0, 30:36, 50:] = 3.0  # a step
    pupil = Pupil(PANEL, PLACE, NOLL, OwnModes(("step_nm",), own), None, np.arange(256) / 256)
    bounds = pupil.bounds_together("slm")
    assert bounds.settings == (*(f"slm.z{j}_nm" for j in NOLL), "slm.step_nm")
    amplitudes = RNG.normal(0, 80, len(NOLL) + 1)
    amplitudes[4:] = 0.0  # the others change much within a pixel of the rim
    said = np.abs(bounds.matrix @ amplitudes + bounds.offset).max()
    phase = np.where(phase_turns(amplitudes) == 0, np.nan, phase_turns(amplitudes))
    seen = max(np.nanmax(np.abs(np.diff(phase, axis=axis))) for axis in (0, 1))
    assert said == pytest.approx(seen, rel=0.12)
    assert np.abs(bounds.matrix[:, -1]).max() == pytest.approx(1.5 / 633.0), "central differences"
