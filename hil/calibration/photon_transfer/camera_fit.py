"""All parts of photon transfer put together: from reduced stacks to a camera's numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.calibration.photon_transfer.camera_calibration import CameraCalibration, TransferPoints
from hil.calibration.photon_transfer.dark_noise import (
    SHEPPARD_HOLDS_ADU,
    pair_sigma_adu,
    unclipped_moments,
)
from hil.calibration.photon_transfer.defects import find_usable
from hil.calibration.photon_transfer.in_steps import in_adu
from hil.calibration.photon_transfer.line.line_shape import cubic_ratio
from hil.calibration.photon_transfer.line.linearity import (
    DarkLine,
    find_bend,
    fit_dark_line,
    fit_linearity,
)
from hil.calibration.photon_transfer.line.response_bend import STRAIGHT
from hil.calibration.photon_transfer.line.transfer_curve import fit_transfer
from hil.calibration.photon_transfer.line.two_gains import TwoLines, gain_above
from hil.calibration.photon_transfer.line.variance_line import ROUNDING_ADU2
from hil.calibration.photon_transfer.pixel_mapping import DarkMaps, dark_maps, map_pixels
from hil.calibration.photon_transfer.saturation import SaturationLevel, find_saturation, found_bits
from hil.calibration.photon_transfer.stability import check_stability
from hil.calibration.photon_transfer.stack import Stack
from hil.calibration.photon_transfer.verdict import Findings, judge
from hil.errors import InputError
from hil.noise.code_step import PLAIN, CodeStep

Mask = NDArray[np.bool_]

_CLIPPED_PIXELS = 0.01  # share of a stack's pixels


def fit_camera(
    darks: Sequence[Stack],
    lit: Sequence[Stack],
    bit_depth: int | None,
    em_gain: float,
    step: CodeStep = PLAIN,
    top_adu: int | None = None,
) -> CameraCalibration:
    """Fit a camera to stacks, one of each kind at least.

    Parameters
    ----------
    darks, lit
        In steps, see `in_steps`.
    bit_depth
        Of what is stored; None where nobody says.
    em_gain
        Of an electron multiplier.
    step
        Between codes.
    top_adu
        The highest value that can be stored; None for that of the bit depth.

    Raises
    ------
    InputError
        Where no pixel can be used.
    """
    flats = [stack for stack in lit if stack.flat]
    usable = find_usable(darks, lit, flats)
    if not usable.any():
        raise InputError("frames", "", "hold no pixel that is neither hot nor dead")
    dark = dark_maps(darks)
    if top_adu is None:
        top_adu = 2 ** (bit_depth or 16) - 1
    top = int((top_adu - step.phase_adu) / step.step_adu + 0.5 / step.step_adu)
    saturation = find_saturation(lit, top)
    clear = [stack for stack in lit if not _spoilt(stack, saturation, top)]
    bits = found_bits(saturation, step, bit_depth, top_adu)
    reached = saturation.first_adu is not None
    bend = find_bend(lit, dark.offset_adu, usable, saturation.clip_adu, reached)
    curve = fit_transfer(clear, dark.offset_adu, usable, saturation.clip_adu, bend)
    bins, used, line = curve.bins, curve.used, curve.line
    dark_line = fit_dark_line(darks, usable)
    read = _read_noise(darks, dark, usable)
    offset_adu = dark_line.offset_adu + read.offset_shift_adu
    gain, gain_sd = curve.gain_e_per_adu, curve.gain_e_per_adu_sd
    above = None
    if curve.two is not None:
        above = gain_above(curve.two, gain * read.sigma_adu, offset_adu)
    stability = check_stability(clear, darks, offset_adu)
    maps = map_pixels(dark, _clear(flats, saturation), usable, line)
    findings = Findings(
        darks=darks,
        lit=lit,
        curve=curve,
        above=above,
        gain_relative_sd=gain_sd / gain,
        read_noise_adu=read.sigma_adu,
        read_noise_adu_sd=read.sigma_adu_sd,
        saturation=saturation,
        stability=stability,
        cubic=cubic_ratio(_dim(clear, curve.two), offset_adu, line),
        linearity=fit_linearity(lit, dark.offset_adu, usable, saturation.clip_adu, reached),
        em_gain=em_gain,
        bit_depth=bit_depth,
        bits=bits,
        top=top,
        step=step,
        maps=maps,
    )
    notes, problems = judge(findings)
    linearity, current = findings.linearity, _dark_current(dark_line, gain, gain_sd)
    found = CameraCalibration(
        gain_e_per_adu=gain,
        gain_e_per_adu_sd=gain_sd,
        offset_adu=offset_adu,
        offset_adu_sd=dark_line.offset_adu_sd,
        read_noise_e=gain * read.sigma_adu,
        read_noise_e_sd=math.hypot(gain * read.sigma_adu_sd, gain_sd * read.sigma_adu),
        dark_current_e_per_s=current[0],
        dark_current_e_per_s_sd=current[1],
        saturation_adu=saturation.first_adu,
        saturation_adu_sd=saturation.first_adu_sd,
        saturation_by=saturation.by,
        linearity_error=None if linearity is None else linearity.error,
        linearity_error_sd=None if linearity is None else linearity.error_sd,
        noise_variance_relative_sd=max(
            math.hypot(gain_sd / gain, curve.variance_misfit),
            read.variance_relative_sd,
            0.0 if above is None else above.gain_e_per_adu_sd / above.gain_e_per_adu,
        ),
        bit_depth=bits,
        n_frames=sum(stack.n for stack in (*darks, *lit)),
        chi2_per_dof=line.chi2_per_dof,
        dof=line.dof,
        flicker_relative_sd=stability.flicker_relative_sd,
        row_noise_e=gain * stability.row_noise_adu,
        column_noise_e=gain * stability.column_noise_adu,
        neighbour_correlation=stability.neighbour_correlation,
        cubic_ratio=None if findings.cubic is None else findings.cubic[0],
        notes=notes,
        problems=problems,
        points=TransferPoints(
            signal_adu=bins.signal_adu,
            variance_adu2=bins.variance_adu2 - ROUNDING_ADU2,
            variance_sd_adu2=bins.scatter(line.slope_adu),
            n_pixels=bins.n_pixels.astype(np.int64),
            stack=bins.stack,
            used=used,
        ),
        maps=maps,
        above=above,
        gain_pattern=curve.pattern,
        bend=None if curve.fit.bend is STRAIGHT else curve.fit.bend.relative,
    )
    return in_adu(found, step, bits)


def _dim(stacks: Sequence[Stack], two: TwoLines | None) -> list[Stack]:
    """Give the stacks that the first of two gains reads."""
    return [stack for stack in stacks if two is None or stack.unclipped_mean_adu < two.join_adu]


def _spoilt(stack: Stack, saturation: SaturationLevel, top_adu: int) -> bool:
    """Whether pixels that clip below the top, and so were not seen to, spoil a stack.

    They do not flicker with the others, and what flicker divides by is not theirs.
    """
    if saturation.first_adu is None or saturation.first_adu >= top_adu:
        return False
    return float((stack.mean_adu >= saturation.first_adu).mean()) > _CLIPPED_PIXELS


@dataclass(frozen=True)
class _ReadNoise:
    sigma_adu: float
    sigma_adu_sd: float
    offset_shift_adu: float

    @property
    def variance_relative_sd(self) -> float:
        """How far the dark variance, rounding included, may be wrong."""
        return 2 * self.sigma_adu * self.sigma_adu_sd / (self.sigma_adu**2 + ROUNDING_ADU2)


def _read_noise(darks: Sequence[Stack], dark: DarkMaps, usable: Mask) -> _ReadNoise:
    s2 = dark.variance_adu2[usable]
    variance, mean = float(s2.mean()), float(dark.offset_adu[usable].mean())
    shortest = [s for s in darks if s.exposure_ms == min(d.exposure_ms for d in darks)]
    pairs = [stack.pairs for stack in shortest if stack.pairs is not None]
    if variance < SHEPPARD_HOLDS_ADU**2 + ROUNDING_ADU2 and len(pairs) == len(shortest):
        return _ReadNoise(*pair_sigma_adu(np.concatenate(pairs)), 0.0)
    height, width = usable.shape
    shared = sum(
        2 * max(excess(stack), 0.0) ** 2 / (groups * (stack.n - 1)) / len(shortest) ** 2
        for stack in shortest
        for excess, groups in ((_rows, height), (_columns, width))
    )
    variance_sd = math.sqrt(float(s2.var()) / len(s2) + shared)
    if variance <= ROUNDING_ADU2:
        return _ReadNoise(0.0, math.sqrt(ROUNDING_ADU2), 0.0)
    unclipped_mean, unclipped = unclipped_moments(mean, variance - ROUNDING_ADU2)
    sigma = math.sqrt(unclipped)
    return _ReadNoise(sigma, variance_sd / (2 * sigma), unclipped_mean - mean)


def _rows(stack: Stack) -> float:
    return stack.row_excess_adu2


def _columns(stack: Stack) -> float:
    return stack.column_excess_adu2


def _dark_current(dark: DarkLine, gain: float, gain_sd: float) -> tuple[float | None, float | None]:
    if dark.current_adu_per_ms is None or dark.current_adu_per_ms_sd is None:
        return None, None
    sd = math.hypot(gain * dark.current_adu_per_ms_sd, gain_sd * dark.current_adu_per_ms)
    return 1e3 * gain * dark.current_adu_per_ms, 1e3 * sd


def _clear(flats: Sequence[Stack], saturation: SaturationLevel) -> list[Stack]:
    """Flat fields that nothing is clipped in."""
    end = math.inf if saturation.first_adu is None else saturation.first_adu
    return [
        stack
        for stack in flats
        if stack.clipped_high < 1e-3 and float(np.quantile(stack.mean_adu, 0.99)) < 0.98 * end
    ]
