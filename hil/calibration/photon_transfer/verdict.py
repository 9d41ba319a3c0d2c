"""What a calibration's user must know: what was dealt with, and why not to trust it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hil.calibration.photon_transfer.line_shape import line_problem, multiplier_problem
from hil.calibration.photon_transfer.linearity import Linearity
from hil.calibration.photon_transfer.maps import PixelMaps
from hil.calibration.photon_transfer.saturation import SaturationLevel
from hil.calibration.photon_transfer.stability import Stability
from hil.calibration.photon_transfer.stack import Stack
from hil.calibration.photon_transfer.variance_line import Line, LineBins

_GAIN_TOO_VAGUE = 0.02
_READ_NOISE_TOO_VAGUE = 0.05
_DARK_CLIPPED_TOO_MUCH = 0.05
_DARK_CLIPPED_SAID = 1e-4
_NOT_LINEAR = 0.03
_LARGEST_PRNU = 0.1  # cameras have 1 to 3 %
_MOST_DEFECTS = 0.05
_SIGNIFICANT = 5.0
_INTERCEPT_SAID = 0.1  # of the read noise's variance


@dataclass(frozen=True, eq=False)
class Findings:
    """What the parts of photon transfer found, by their names."""

    darks: Sequence[Stack]
    lit: Sequence[Stack]
    bins: LineBins
    line: Line
    gain_relative_sd: float
    read_noise_adu: float
    read_noise_adu_sd: float
    saturation: SaturationLevel
    stability: Stability
    cubic: tuple[float, float] | None
    linearity: Linearity | None
    em_gain: float
    bit_depth: int
    maps: PixelMaps


def judge(findings: Findings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give notes and problems, in words."""
    problems = [
        *findings.stability.problems,
        multiplier_problem(findings.cubic, findings.em_gain),
        _dark_clipped(findings),
        _shifted_bits(findings),
        _uneven(findings.maps) or _many_defects(findings.maps),
    ]
    if not any(problems):  # each of them bends the line, or blurs it
        problems = [
            line_problem(findings.bins, findings.line)
            or _gain_vague(findings)
            or _read_noise_vague(findings)
        ]
    notes = [
        *findings.stability.notes,
        _dark_clipping(findings),
        _early_end(findings),
        _linearity(findings),
        _intercept(findings),
        _multiplied(findings),
    ]
    return tuple(text for text in notes if text), tuple(text for text in problems if text)


def _gain_vague(findings: Findings) -> str:
    if findings.gain_relative_sd <= _GAIN_TOO_VAGUE:
        return ""
    if not math.isfinite(findings.gain_relative_sd):
        return (
            "variance does not rise with the mean, so that there is no gain; allowed: lit stacks "
            "of several brightnesses, brighter than the read noise"
        )
    return (
        f"the gain is known to {findings.gain_relative_sd:.1%} only; allowed: "
        f"{_GAIN_TOO_VAGUE:.0%}, by more frames or more levels of light"
    )


def _read_noise_vague(findings: Findings) -> str:
    share = findings.read_noise_adu_sd / max(findings.read_noise_adu, 1e-9)
    if share <= _READ_NOISE_TOO_VAGUE:
        return ""
    return (
        f"the read noise, {findings.read_noise_adu:.2g} ADU, is known to {share:.0%} only: too "
        f"little of it is left by the rounding, or too few dark frames; allowed: "
        f"{_READ_NOISE_TOO_VAGUE:.0%}"
    )


def _dark_clipped(findings: Findings) -> str:
    share = max(stack.clipped_low for stack in findings.darks)
    if share <= _DARK_CLIPPED_TOO_MUCH:
        return ""
    return (
        f"{share:.0%} of the dark values are 0: read noise and offset are cut off; allowed: a "
        "higher offset in the camera"
    )


def _dark_clipping(findings: Findings) -> str:
    share = max(stack.clipped_low for stack in findings.darks)
    if not _DARK_CLIPPED_SAID < share <= _DARK_CLIPPED_TOO_MUCH:
        return ""
    return f"{share:.2%} of the dark values are cut off at 0, which was corrected for"


def _shifted_bits(findings: Findings) -> str:
    step = math.gcd(*(stack.step_adu for stack in (*findings.darks, *findings.lit)))
    if step <= 1:
        return ""
    return (
        f"all values are multiples of {step}: the camera gives fewer bits, shifted, and rounding "
        f"is {step} ADU wide; allowed: a pixel format without the shift, or values over {step}"
    )


def _uneven(maps: PixelMaps) -> str:
    if maps.response_spread is None or maps.response_spread <= _LARGEST_PRNU:
        return ""
    return (
        f"the flat field has structure ({maps.response_spread:.0%} rms from pixel to pixel), which "
        "the response map would take for the camera's: allowed: even light and no sample"
    )


def _many_defects(maps: PixelMaps) -> str:
    share = 1 - float(maps.usable.mean())
    if share <= _MOST_DEFECTS:
        return ""
    return (
        f"{share:.0%} of the pixels look hot, dead or flickering: light in the dark frames, or a "
        f"flat field that is not even; allowed: {_MOST_DEFECTS:.0%}"
    )


def _early_end(findings: Findings) -> str:
    saturation = findings.saturation
    top = 2**findings.bit_depth - 1
    if saturation.by == "full well":
        return (
            f"the well is full at {saturation.clip_adu:.0f} ADU, before the converter ends at {top}"
        )
    if saturation.by == "converter" and saturation.clip_adu < top:
        return f"the converter ends at {saturation.clip_adu:.0f} ADU, not at {top}"
    if saturation.by == "not reached":
        return "nothing was bright enough to saturate, so the saturation level is not known"
    return ""


def _linearity(findings: Findings) -> str:
    linearity = findings.linearity
    if linearity is None or linearity.error < _NOT_LINEAR:
        return ""
    if linearity.error < _SIGNIFICANT * linearity.error_sd:
        return ""
    whose = "lamp and camera together are" if linearity.of_the_lamp else "the camera is"
    return f"{whose} off a straight line by {linearity.error:.1%} on average"


def _multiplied(findings: Findings) -> str:
    if findings.cubic is not None:
        return ""
    return (
        "the frames do not tell counted electrons from multiplied ones: were there an EM gain, the "
        "gain found would be half of what it seems; more repeats of a dim level would tell"
    )


def _intercept(findings: Findings) -> str:
    line, read2 = findings.line, findings.read_noise_adu**2
    extra = line.intercept_adu2 - read2
    if abs(extra) < max(_SIGNIFICANT * line.intercept_sd, _INTERCEPT_SAID * read2):
        return ""
    return f"lit frames have {extra:+.2g} ADU^2 of noise that neither light nor read noise explains"
