"""What is kept of a stream of frames: records that add up, fade and merge."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from hil.information.diagnostics.difference_sums import DifferenceSums
from hil.information.diagnostics.flags import (
    about,
    dark_share,
    middle,
    middle_mask,
    saturated_share,
)
from hil.information.sample.checks import CheckedFrames
from hil.information.spikes.possible import PossibleSpikes
from hil.information.stream.field_sums import FieldSums
from hil.noise.model import NoiseModel

PATTERN_SIDE = 128  # pixels of a frame in which a fixed pattern is looked for
_THINNED = 20_000  # pixels, whose percentiles stand for all


@dataclass(frozen=True, slots=True)
class FieldRecord:
    """What is kept of one field, as it stood when its last frame came.

    Parameters
    ----------
    sums
        What the estimator needs.
    pattern
        (h, w) sum over frames of their middle, less a fixed value: for the test of fixed patterns.
    mean_adu_sum
        Sum over frames of the mean of their pixels, less that value.
    n_frames
        Weighted number of frames.
    clock
        When the last came, in frames of all fields.
    """

    sums: FieldSums
    pattern: NDArray[np.float32]
    mean_adu_sum: float
    n_frames: float
    clock: float

    def scaled(self, weight: float, clock: float) -> FieldRecord:
        """Count these frames ``weight`` times, as of ``clock``."""
        if weight == 1.0:
            return replace(self, clock=clock)
        return FieldRecord(
            self.sums.scaled(weight),
            np.float32(weight) * self.pattern,
            weight * self.mean_adu_sum,
            weight * self.n_frames,
            clock,
        )

    def shifted(self, by_adu: float) -> FieldRecord:
        """Return what pixels higher by ``by_adu`` would give."""
        if by_adu == 0:
            return self
        more = by_adu * self.n_frames
        return replace(
            self,
            sums=self.sums.shifted(by_adu),
            pattern=self.pattern + np.float32(more),
            mean_adu_sum=self.mean_adu_sum + more,
        )

    def __add__(self, other: FieldRecord) -> FieldRecord:
        return FieldRecord(
            self.sums + other.sums,
            self.pattern + other.pattern,
            self.mean_adu_sum + other.mean_adu_sum,
            self.n_frames + other.n_frames,
            max(self.clock, other.clock),
        )


@dataclass(frozen=True, slots=True)
class StreamTotals:
    """What is kept of all frames together.

    Parameters
    ----------
    repeats
        Differences of repeats.
    spikes
        What stands out alone in single frames.
    n_pixels, n_saturated, n_dark
        Weighted numbers of pixels, of clipped ones, of ones darker than noise can make them.
    lowest_adu, highest_adu, first_percentile_adu, last_percentile_adu
        Extremes of all frames, and of their 1st and 99th percentiles; nothing of these is
        forgotten.
    """

    repeats: DifferenceSums = field(default_factory=DifferenceSums)
    spikes: PossibleSpikes = field(default_factory=PossibleSpikes)
    n_pixels: float = 0.0
    n_saturated: float = 0.0
    n_dark: float = 0.0
    lowest_adu: float = math.inf
    highest_adu: float = -math.inf
    first_percentile_adu: float = math.inf
    last_percentile_adu: float = -math.inf

    @classmethod
    def of(
        cls, checked: CheckedFrames, noise: NoiseModel, reference_adu: float, clip_adu: float
    ) -> StreamTotals:
        """Take in repeats of one field.

        Parameters
        ----------
        reference_adu
            What pixels are taken about, for accuracy.
        clip_adu
            From where on they count as saturated.
        """
        pixels = checked.pixels
        size = float(pixels.size)
        repeats = middle(checked.frames[0])
        differences, spikes = DifferenceSums(), PossibleSpikes()
        if len(repeats) == 1 and checked.discrete and checked.usable is None:
            spikes = PossibleSpikes.of(checked.frames[0, 0], noise)
        if len(repeats) > 1:
            # a Gaussian's variance is raised by hits: they stay in, as in memory
            differences = DifferenceSums.of(
                about(repeats, reference_adu), middle_mask(checked), reference_adu
            )
        thinned = pixels.reshape(-1)[:: max(1, pixels.size // _THINNED)]
        low, high = np.percentile(thinned, [1, 99])
        return cls(
            differences,
            spikes,
            size,
            size * saturated_share(checked, noise, clip_adu),
            size * dark_share(checked, noise),
            checked.lowest_adu,
            checked.highest_adu,
            float(low),
            float(high),
        )

    def scaled(self, weight: float) -> StreamTotals:
        """Count these frames ``weight`` times."""
        return StreamTotals(
            self.repeats.scaled(weight),
            self.spikes.scaled(weight),
            weight * self.n_pixels,
            weight * self.n_saturated,
            weight * self.n_dark,
            self.lowest_adu,
            self.highest_adu,
            self.first_percentile_adu,
            self.last_percentile_adu,
        )

    def __add__(self, other: StreamTotals) -> StreamTotals:
        return StreamTotals(
            self.repeats + other.repeats,
            self.spikes + other.spikes,
            self.n_pixels + other.n_pixels,
            self.n_saturated + other.n_saturated,
            self.n_dark + other.n_dark,
            min(self.lowest_adu, other.lowest_adu),
            max(self.highest_adu, other.highest_adu),
            min(self.first_percentile_adu, other.first_percentile_adu),
            max(self.last_percentile_adu, other.last_percentile_adu),
        )
