"""Stacks in steps between codes, and a calibration of them back in ADU as stored.

D, p, r : step, its phase and the rounding's mean square, as in `code_step`

All of photon transfer is done in (y - p) / D, where rounding is 1 wide whatever the camera stored.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hil.calibration.photon_transfer.camera_calibration import CameraCalibration
from hil.calibration.photon_transfer.stack import Cubic, Stack
from hil.noise.code_step import PLAIN, CodeStep


def in_steps(stack: Stack, step: CodeStep) -> Stack:
    """Give a stack as it would be of the numbers of its codes."""
    if step is PLAIN:
        return stack
    d, d2 = step.step_adu, step.step_adu**2
    cubic = stack.cubic
    levels = stack.levels.copy()
    if len(levels):
        levels[:, 0] = (levels[:, 0] - step.phase_adu) / d
        levels[:, 1] = np.maximum(levels[:, 1] - step.error_adu2, 0.0) / d2
    pairs = stack.pairs
    if pairs is not None:
        values = step.number(pairs[:, :2])
        pairs = np.concatenate([values, pairs[:, 2:]], axis=1)
    variance = np.maximum(stack.variance_adu2 - np.float32(step.error_adu2), 0.0)
    return replace(
        stack,
        mean_adu=((stack.mean_adu - np.float32(step.phase_adu)) / d).astype(np.float32),
        variance_adu2=(variance / d2).astype(np.float32),
        frame_deviations_adu=stack.frame_deviations_adu / d,
        unclipped_mean_adu=(stack.unclipped_mean_adu - step.phase_adu) / d,
        unclipped_variance_adu2=max(stack.unclipped_variance_adu2 - step.error_adu2, 0.0) / d2,
        row_excess_adu2=stack.row_excess_adu2 / d2,
        column_excess_adu2=stack.column_excess_adu2 / d2,
        block_excess_adu2=stack.block_excess_adu2 / d2,
        neighbours_adu2=(stack.neighbours_adu2[0] / d2, stack.neighbours_adu2[1] / d2),
        next_frame_adu2=None if stack.next_frame_adu2 is None else stack.next_frame_adu2 / d2,
        motion_adu2=stack.motion_adu2 / d2,
        cubic=None
        if cubic is None
        else Cubic(
            cubic.third_adu3 / d**3,
            (cubic.mean_adu - step.phase_adu) / d,
            cubic.error_adu3 / d**3,
        ),
        levels=levels,
        pairs=pairs,
        codes=np.bincount(step.number(np.arange(len(stack.codes))), stack.codes).astype(np.int64),
    )


def in_adu(found: CameraCalibration, step: CodeStep, bit_depth: int) -> CameraCalibration:
    """Put a calibration of numbers of codes back into ADU as they are stored."""
    if step is PLAIN:
        return found
    d, above, maps, points = step.step_adu, found.above, found.maps, found.points
    pattern = found.gain_pattern
    return replace(
        found,
        gain_e_per_adu=found.gain_e_per_adu / d,
        gain_e_per_adu_sd=found.gain_e_per_adu_sd / d,
        offset_adu=step.adu(found.offset_adu),
        offset_adu_sd=found.offset_adu_sd * d,
        saturation_adu=None if found.saturation_adu is None else step.adu(found.saturation_adu),
        saturation_adu_sd=None if found.saturation_adu_sd is None else found.saturation_adu_sd * d,
        bit_depth=bit_depth,
        points=replace(
            points,
            signal_adu=points.signal_adu * d,
            variance_adu2=points.variance_adu2 * d**2,
            variance_sd_adu2=points.variance_sd_adu2 * d**2,
        ),
        maps=None
        if maps is None
        else replace(
            maps,
            offset_adu=(maps.offset_adu * d + step.phase_adu).astype(np.float32),
            offset_sd_adu=maps.offset_sd_adu * d,
            offset_spread_adu=maps.offset_spread_adu * d,
        ),
        above=None
        if above is None
        else replace(
            above,
            join_adu=step.adu(above.join_adu),
            join_adu_sd=above.join_adu_sd * d,
            gain_e_per_adu=above.gain_e_per_adu / d,
            gain_e_per_adu_sd=above.gain_e_per_adu_sd / d,
            offset_adu=step.adu(above.offset_adu),
        ),
        gain_pattern=None if pattern is None else pattern.per(d),
        step_adu=d,
    )
