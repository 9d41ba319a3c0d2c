"""What a calibration's user must know: what was dealt with, and why not to trust it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hil.calibration.photon_transfer.line.line_shape import line_problem, multiplier_problem
from hil.calibration.photon_transfer.line.linearity import Linearity
from hil.calibration.photon_transfer.line.transfer_curve import TransferCurve
from hil.calibration.photon_transfer.line.two_gains import GainAbove
from hil.calibration.photon_transfer.maps import PixelMaps
from hil.calibration.photon_transfer.saturation import SaturationLevel
from hil.calibration.photon_transfer.stability import Stability
from hil.calibration.photon_transfer.stack import Stack
from hil.noise.code_step import CodeStep

_GAIN_TOO_VAGUE = 0.02
_SECOND_GAIN_TOO_VAGUE = 0.05
_MOST_BEND = 0.04
_BEND_SAID = 0.002
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
    curve: TransferCurve
    above: GainAbove | None
    gain_relative_sd: float
    read_noise_adu: float
    read_noise_adu_sd: float
    saturation: SaturationLevel
    stability: Stability
    cubic: tuple[float, float] | None
    linearity: Linearity | None
    em_gain: float
    bit_depth: int | None
    bits: int
    top: int
    step: CodeStep
    maps: PixelMaps


def judge(findings: Findings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give notes and problems, in words."""
    problems = [
        *findings.stability.problems,
        multiplier_problem(findings.cubic, findings.em_gain),
        _dark_clipped(findings),
        _uneven(findings.maps) or _many_defects(findings.maps),
    ]
    if not any(problems):  # each of them bends the line, or blurs it
        problems = [
            _not_straight(findings)
            or _not_a_line(findings)
            or _second_gain_vague(findings)
            or _gain_vague(findings)
            or _read_noise_vague(findings)
        ]
    notes = [
        *findings.stability.notes,
        _step(findings),
        _two_gains(findings),
        _gain_differs(findings),
        _bend(findings),
        _dark_clipping(findings),
        _early_end(findings),
        _linearity(findings),
        _intercept(findings),
        _multiplied(findings),
    ]
    return tuple(text for text in notes if text), tuple(text for text in problems if text)


def _not_a_line(findings: Findings) -> str:
    step = findings.step.step_adu
    found = (line_problem(*each, step_adu=step) for each in findings.curve.lines)
    return "; ".join(filter(None, found))


def _not_straight(findings: Findings) -> str:
    """Say that a bend is no small correction."""
    fit = findings.curve.fit
    if fit.weight < 0.5 or abs(fit.bend.relative) < _MOST_BEND:
        return ""
    level = fit.bend.brightest_adu * findings.step.step_adu
    return (
        f"the sensor is not linear: {level:.0f} ADU above the dark it is off a straight line by "
        f"{fit.bend.relative:+.1%}, and the variance three times as much; allowed: "
        f"{_MOST_BEND:.0%}, by levels below the bend"
    )


def _bend(findings: Findings) -> str:
    bend = findings.curve.fit.bend
    if abs(bend.relative) < max(_BEND_SAID, _SIGNIFICANT * bend.relative_sd):
        return ""
    linearity = findings.linearity
    whose = "the camera is" if linearity and not linearity.of_the_lamp else "lamp or camera are"
    level = bend.brightest_adu * findings.step.step_adu
    return (
        f"{whose} off a straight line by {bend.relative:+.2%} at {level:.0f} ADU above"
        " the dark; the gain is that of dim light, and its uncertainty holds the bend"
    )


def _two_gains(findings: Findings) -> str:
    above = findings.above
    if above is None:
        return ""
    step = findings.step.step_adu
    gain, sd = above.gain_e_per_adu / step, above.gain_e_per_adu_sd / step
    return (
        f"two gains are merged into one image: from {findings.step.adu(above.join_adu):.0f} ADU up "
        f"it is {gain:.4g} +- {sd:.2g} e/ADU with {above.read_noise_e:.2g} e of read noise"
    )


def _gain_differs(findings: Findings) -> str:
    pattern = findings.curve.pattern
    if pattern is None:
        return ""
    shown = pattern.per(findings.step.step_adu)
    return f"parts of the sensor have gains of their own: {shown}"


def _second_gain_vague(findings: Findings) -> str:
    above = findings.above
    if above is None or above.gain_e_per_adu_sd <= _SECOND_GAIN_TOO_VAGUE * above.gain_e_per_adu:
        return ""
    known = above.gain_e_per_adu_sd / above.gain_e_per_adu
    how = f"known to {known:.0%} only" if math.isfinite(known) and known < 1 else "not known"
    return (
        f"two gains are merged into one image, and that from about "
        f"{findings.step.adu(above.join_adu):.0f} ADU up is "
        f"{how}; allowed: {_SECOND_GAIN_TOO_VAGUE:.0%}, by more levels on that side, or one gain "
        "mode of the camera"
    )


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
    sigma_adu = findings.read_noise_adu * findings.step.step_adu
    return (
        f"the read noise, {sigma_adu:.2g} ADU, is known to {share:.0%} only: too "
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


def _step(findings: Findings) -> str:
    step = findings.step.step_adu
    if step == 1:
        return ""
    what = "bits are shifted" if step >= 2 and step == round(step) else "a digital gain"
    return (
        f"values come in steps of {step:.6g} ADU: {what}; the gain is per ADU as stored, and the "
        "read noise leaves out the rounding, a step wide"
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
    saturation, top = findings.saturation, findings.top
    clip, end = (findings.step.adu(number) for number in (saturation.clip_adu, top))
    if saturation.by == "full well":
        return f"the well is full at {clip:.0f} ADU, before the converter ends at {end:.0f}"
    if saturation.by == "converter" and saturation.clip_adu < top:
        bits = f": it has {findings.bits} bits" if findings.bits != findings.bit_depth else ""
        return f"the converter ends at {clip:.0f} ADU, not at {end:.0f}{bits}"
    if saturation.by == "not reached":
        bits = "" if findings.bit_depth else ", nor is the bit depth: 16 was taken"
        return f"nothing was bright enough to saturate, so the saturation level is not known{bits}"
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
    line, read2 = findings.curve.line, findings.read_noise_adu**2
    extra = line.intercept_adu2 - read2
    if abs(extra) < max(_SIGNIFICANT * line.intercept_sd, _INTERCEPT_SAID * read2):
        return ""
    return f"lit frames have {extra:+.2g} ADU^2 of noise that neither light nor read noise explains"
