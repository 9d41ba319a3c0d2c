"""What a stream's frames say of the camera's codes: the same as of all of them at once.

D, p, r : step, phase and rounding of the codes (`hil.noise.code_step`): y = D k + p, off by r

Which codes there are is known once all frames have come, and sums are kept in ADU. Those of k are
those of y less p, over D and D^2, and at lag 0 less the rounding. H(Y|X) is taken anew from each
field's histogram.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import add
from typing import NamedTuple

import numpy as np

from hil.information.densities.stationary.autocovariance import LagSums
from hil.information.densities.stationary.centrosymmetric import Halves
from hil.information.densities.stationary.patch_moments import PatchMoments
from hil.information.diagnostics.difference_sums import DifferenceSums
from hil.information.sample.code_counts import numbers_counted, read_codes
from hil.information.sample.codes_found import NOTHING_FOUND, CameraCodes
from hil.information.stream.field_sums import FieldSums
from hil.information.stream.record import FieldRecord, StreamTotals
from hil.noise.code_step import CodeStep
from hil.noise.entropy.histogram import AduCounts, joined
from hil.noise.model import NoiseModel

_SIDE = 4  # pixels of a patch in which the noise is looked for


class Coded(NamedTuple):
    """What is kept of a stream, in the unit that its codes are worked in."""

    records: dict[int, FieldRecord]
    totals: StreamTotals
    noise: NoiseModel
    reference_adu: float
    codes: CameraCodes


def coded(
    records: dict[int, FieldRecord],
    totals: StreamTotals,
    noise: NoiseModel,
    reference_adu: float,
    saturation_adu: float | None,
) -> Coded:
    """Divide a step out of what is kept of integers, and put clips into the noise model.

    Parameters
    ----------
    reference_adu
        What sums are about.
    saturation_adu
        From where on pixels count as saturated; None for the noise's clip.
    """
    found, codes = _read(records, totals, noise)
    if codes.divided:
        records = {key: _in_steps(known, found, codes.step) for key, known in records.items()}
        clip = found.highest_adu
        if saturation_adu is not None:
            clip = min(clip, codes.in_codes(saturation_adu))
        totals = _totals_in_steps(totals, _all_counts(records), found, clip, codes)
        reference_adu = codes.in_codes(reference_adu)
    elif found is not noise:
        records = {
            key: replace(known, sums=_with_entropy(known.sums, found))
            for key, known in records.items()
        }
    return Coded(records, totals, found, reference_adu, codes)


def _all_counts(records: dict[int, FieldRecord]) -> AduCounts | None:
    return reduce(joined, (known.sums.counts for known in records.values()))


def _read(
    records: dict[int, FieldRecord], totals: StreamTotals, noise: NoiseModel
) -> tuple[NoiseModel, CameraCodes]:
    counts = _all_counts(records)
    if counts is None or counts.first_adu < 0 or counts.counts.size < 2:
        return noise, NOTHING_FOUND

    def seen(codes: CameraCodes) -> tuple[float, bool]:
        step = codes.step
        if totals.repeats.size > 0:
            variance = totals.repeats.square / totals.repeats.size / 2
            return max(variance - step.error_adu2, 0.0) / step.step_adu**2, True
        lags = _lags_in_steps(reduce(add, (known.sums.lags for known in records.values())), step)
        middle = lags.pairs.shape[0] // 2
        side = slice(middle - min(middle, _SIDE - 1), middle + min(middle, _SIDE - 1) + 1)
        matrix = Halves.of_lags(lags.autocovariance[side, side])
        return float(min(np.linalg.eigvalsh(part)[0] for part in (matrix.even, matrix.odd))), False

    return read_codes(counts, noise, seen)


def _totals_in_steps(
    totals: StreamTotals,
    counts: AduCounts | None,
    noise: NoiseModel,
    clip: float,
    codes: CameraCodes,
) -> StreamTotals:
    """Divide totals; ``counts`` are of numbers, which count as saturated from ``clip`` on."""
    assert counts is not None, "codes were read from it"
    ends = (
        totals.lowest_adu,
        totals.highest_adu,
        totals.first_percentile_adu,
        totals.last_percentile_adu,
    )
    low, high, first, last = (codes.in_codes(one) for one in ends)
    adu, share = counts.adu, counts.counts / counts.n
    saturated = float(share[adu >= clip].sum())
    if noise.clips_low:
        saturated += float(share[adu <= 0].sum())
    return replace(
        totals,
        repeats=_differences_in_steps(totals.repeats, codes.step),
        n_saturated=saturated * totals.n_pixels,
        n_dark=float(share[adu < noise.darkest_adu].sum()) * totals.n_pixels,
        lowest_adu=low,
        highest_adu=high,
        first_percentile_adu=first,
        last_percentile_adu=last,
    )


def _with_entropy(sums: FieldSums, noise: NoiseModel) -> FieldSums:
    assert sums.counts is not None, "codes were read from it"
    nats = sums.counts.mean(noise.entropy_phi_nats(sums.counts.adu, True))
    return replace(sums, noise_nats=nats * sums.moments.n)


def _in_steps(record: FieldRecord, noise: NoiseModel, step: CodeStep) -> FieldRecord:
    sums = record.sums
    assert sums.counts is not None, "codes were read from it"
    own = FieldSums(
        _lags_in_steps(sums.lags, step),
        _moments_in_steps(sums.moments, step),
        0.0,
        numbers_counted(sums.counts, step),
    )
    return replace(
        record,
        sums=_with_entropy(own, noise),
        pattern=record.pattern / np.float32(step.step_adu),
        mean_adu_sum=record.mean_adu_sum / step.step_adu,
    )


def _lags_in_steps(lags: LagSums, step: CodeStep) -> LagSums:
    d, middle = step.step_adu, lags.pairs.shape[0] // 2
    products = lags.products / d**2
    products[middle, middle] -= lags.pairs[middle, middle] * step.error_adu2 / d**2
    return LagSums(products, lags.ends / d, lags.pairs, lags.total / d)


def _moments_in_steps(moments: PatchMoments, step: CodeStep) -> PatchMoments:
    d = step.step_adu
    even, odd = moments.second.even / d**2, moments.second.odd / d**2
    for part in (even, odd):
        part[np.diag_indices(len(part))] -= moments.n * step.error_adu2 / d**2
    return PatchMoments(Halves(even, odd), moments.first / d, moments.n)


def _differences_in_steps(sums: DifferenceSums, step: CodeStep) -> DifferenceSums:
    d, r = step.step_adu, step.error_adu2
    return replace(
        sums,
        square=max(sums.square - 2 * r * sums.size, 0.0) / d**2,
        along=sums.along / d**2,
        down=sums.down / d**2,
        rows=sums.rows / d**2,
        columns=sums.columns / d**2,
        common=sums.common / d**2,
        common_noise=sums.common_noise / d**2,
        level_square=np.maximum(sums.level_square - 2 * r * sums.level_size, 0.0) / d**2,
        level_mean=(sums.level_mean - step.phase_adu * sums.level_size) / d,
    )
