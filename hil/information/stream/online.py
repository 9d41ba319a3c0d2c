"""Information of frames as they come: sums for each field of view, an estimate at any moment.

The estimator is `stationary`. What it needs of a field are sums (`FieldSums`), whose size depends
on the patch alone; an estimate costs a few small factorisations, whatever number of frames went in.
On the same frames it equals `estimate_information` within 1e-6 bits per pixel. Codes that lie a
step apart are divided out of the sums, exactly where the step is whole (`codes`).

Forgetting weighs a frame by 2^(-age / half-life), age in frames of all fields. The interval then is
Student's over fields with Kish's effective number of them, (sum w)^2 / sum w^2 (Kish, Survey
Sampling, 1965).
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from functools import reduce
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hil.errors import InputError
from hil.information.blas_threads import one_blas_thread
from hil.information.diagnostics.diagnose import clip_adu
from hil.information.diagnostics.flags import about, middle
from hil.information.sample.checks import CheckedFrames, check_share
from hil.information.sample.codes_found import NOTHING_FOUND
from hil.information.sample.duplicates import SeenFrames
from hil.information.stream.codes import Coded, coded
from hil.information.stream.estimate import Stream, estimate_stream
from hil.information.stream.field_sums import sum_frames
from hil.information.stream.flatten import Flattener
from hil.information.stream.raw_codes import RawCodes, check_codes
from hil.information.stream.record import PATTERN_SIDE, FieldRecord, StreamTotals
from hil.information.stream.region import Region, mask_in_words
from hil.information.stream.windows import cut_windows, draw_windows
from hil.noise.entropy.histogram import AduCounts, joined
from hil.noise.model import FlattenedNoise, NoiseModel
from hil.records.estimate import Estimate

_LEAST_WEIGHT = 1e-6  # of a field, in frames: below, it is forgotten


class StreamKind(NamedTuple):
    """What all frames of a stream have in common."""

    height: int
    width: int
    discrete: bool

    def __str__(self) -> str:
        return f"{self.height} x {self.width} {'integers' if self.discrete else 'real numbers'}"


class OnlineEstimator:
    """Information of a stream of frames.

    Parameters
    ----------
    noise
        From `hil.noise`.
    patch_size
        Side of the patches, pixels, 2 to 64.
    confidence
        Of the interval, between 0 and 1.
    half_life_frames
        A frame counts half when so many have come after it; None to forget nothing.
    thinning
        1 uses all pixels. k uses one window of 4 x 4 patches, drawn at random, out of each k x k of
        them: 1 / k^2 of the pixels, spread evenly over the frame.
    mask
        (height, width), true where pixels may be used, as in `estimate_information`; without
        ``thinning``.
    saturation_adu, max_saturated_share
        As in `estimate_information`.
    seed
        Of the windows that ``thinning`` draws.

    Raises
    ------
    InputError
        For arguments that cannot be.

    Examples
    --------
    >>> import numpy as np
    >>> from hil.information import OnlineEstimator
    >>> from hil.noise import GaussianNoise
    >>> rng = np.random.default_rng(1)
    >>> online = OnlineEstimator(GaussianNoise(1.0))
    >>> for number in range(8):
    ...     online.update(rng.normal(0, np.sqrt(2.0), (128, 128)), field=number)
    >>> round(online.estimate().bits_per_pixel, 2)
    0.5
    """

    def __init__(
        self,
        noise: NoiseModel | FlattenedNoise,
        patch_size: int = 16,
        confidence: float = 0.95,
        *,
        half_life_frames: float | None = None,
        thinning: int = 1,
        mask: ArrayLike | None = None,
        saturation_adu: float | None = None,
        max_saturated_share: float = 1e-3,
        seed: int = 0,
    ) -> None:
        flattened = isinstance(noise, FlattenedNoise)
        if not flattened and not hasattr(noise, "entropy_phi_nats"):
            raise InputError(
                "noise", "", f"{noise!r} is no noise model; allowed: those of hil.noise"
            )
        check_share("confidence", confidence, 0.0, 1.0)
        check_share("max_saturated_share", max_saturated_share, 0.0, 1.0, ends=True)
        if half_life_frames is not None:
            check_share("half_life_frames", half_life_frames, 0.0, math.inf)
        if isinstance(thinning, bool) or not isinstance(thinning, int) or thinning < 1:
            raise InputError("thinning", "", f"{thinning!r}; allowed: an integer from 1")
        if mask is not None and thinning > 1:
            raise InputError("thinning", "", f"{thinning}; allowed with a mask: 1")
        self._mask = None if mask is None else np.array(mask)
        self._region: Region | None = None
        self._flattener = Flattener(noise) if isinstance(noise, FlattenedNoise) else None
        self._raw = RawCodes(noise) if isinstance(noise, FlattenedNoise) else None
        self._seen = SeenFrames()
        self._given = repr(noise)
        self._noise = cast(NoiseModel, noise)  # of the frames once they are flattened
        self._p = patch_size
        self._confidence = confidence
        self._half_life_frames = half_life_frames
        self._thinning = thinning
        self._saturation_adu = None if flattened else saturation_adu  # is in another unit
        self._max_saturated_share = max_saturated_share
        self._rng = np.random.default_rng(seed)
        self._fields: dict[int, FieldRecord] = {}
        self._totals = StreamTotals()
        self._clock = 0.0
        self._kind = StreamKind(0, 0, False)
        self._reference_adu = 0.0

    @property
    def n_fields(self) -> int:
        """How many fields there are frames of."""
        return len(self._fields)

    @one_blas_thread()
    def update(self, frames: ArrayLike, field: int) -> None:
        """Take in frames of a field of view.

        Parameters
        ----------
        frames
            (height, width), or repeats (n, height, width), ADU, all of one size and kind. Repeats
            also test the noise model.
        field
            Which field they show, an integer from 0; the same scene each time.

        Raises
        ------
        InputError
            For frames that cannot be; the estimator is as it was before.
        """
        if isinstance(field, bool) or not isinstance(field, (int, np.integer)) or field < 0:
            raise InputError("field", "", f"{field!r}; allowed: an integer from 0")
        checked = self._check(frames)
        new, totals = self._measure(checked)
        self._totals = self._totals.scaled(self._fading(new.n_frames)) + totals
        self._clock = new.clock
        known = self._fields.get(int(field))
        if known is not None:
            new = known.scaled(self._fading(new.clock - known.clock), new.clock) + new
        self._fields[int(field)] = new
        if checked.discrete or self._raw is not None:
            self._seen.add(np.asarray(frames))

    def look_ahead(self, frames: ArrayLike) -> None:
        """Read the camera's codes from raw frames (n, height, width) before any comes.

        Under camera maps the step between codes must be known first, and the first frames that come
        may be too few to show it; without maps it is found in the end.
        """
        array = np.asarray(frames)
        if self._raw is not None and array.ndim == 3:
            known = self._raw.after(array, self._used(array.shape[-2:]))
            self._raw = replace(known, counts=None)

    def _used(self, size: tuple[int, ...]) -> NDArray[np.bool_]:
        """(height, width), or () for all: pixels that neither maps nor the mask leave out."""
        assert self._flattener is not None, "only maps leave pixels out"
        usable = self._flattener.usable
        if self._mask is not None and self._mask.shape == size:
            return np.asarray(usable & self._mask.astype(bool))
        return usable

    def merge(self, other: OnlineEstimator) -> None:
        """Take in all that another estimator has seen: of another camera or process.

        Fields of the same number are the same field. Both count as seen until now.

        Raises
        ------
        InputError
            Where the two do not measure the same thing.
        """
        if self.setup != other.setup:
            raise InputError("other", "", f"measures with {other.setup}, not {self.setup}")
        records = other.records()
        if not records:
            return
        if self._raw is not None and other._raw is not None:
            both = self._raw.merged(other._raw)
            if both is None:
                raise InputError("other", "", "has seen codes of another step")
            self._raw = both
        self._seen.merge(other._seen)
        if not self._fields:
            self._kind, self._reference_adu = other._kind, other._reference_adu
            self._region = other._region
            self._noise = other._noise
        if self._kind != other._kind:
            raise InputError("other", "", f"has seen {other._kind}, not {self._kind}")
        by_adu = other._reference_adu - self._reference_adu
        own = self.records()
        self._clock = max(self._clock, other._clock)
        for key, record in records.items():
            record = record.shifted(by_adu)
            own[key] = own[key] + record if key in own else record
        self._fields = {key: replace(record, clock=self._clock) for key, record in own.items()}
        self._totals = self._totals + other._totals

    @one_blas_thread()
    def estimate(self) -> Estimate:
        """Estimate from all frames so far.

        With a single field there is no other to be held out: the value is the in-sample one plus
        Akaike's correction for the model's parameters, and it is flagged ``one_scene``. From two
        fields on there is an interval; with fewer than 4 it is flagged ``too_few_units``.

        Raises
        ------
        InputError
            Before the first frame.
        """
        started = time.perf_counter()
        records = self.records()
        if not records:
            raise InputError("frames", "", "none have come yet")
        known = self._coded(records)
        stream = Stream(
            known.records,
            known.totals,
            known.noise,
            self._p,
            self._kind.discrete,
            known.reference_adu,
            self._kind.height * self._kind.width if self._region is None else self._region.n_pixels,
            None if self._region is None else self._region.usable,
            replace(known.codes, duplicates=self._seen.copies),
            self._raw is not None,
        )
        found = estimate_stream(stream, self._confidence, self._max_saturated_share)
        return replace(found, seconds=time.perf_counter() - started)

    def _coded(self, records: dict[int, FieldRecord]) -> Coded:
        plain = (records, self._totals, self._noise, self._reference_adu)
        if self._raw is not None:
            return Coded(*plain, self._raw.all_found())
        if not self._kind.discrete:
            return Coded(*plain, NOTHING_FOUND)
        return coded(*plain, self._saturation_adu)

    @property
    def setup(self) -> str:
        """What two estimators must agree on to be merged, in words."""
        return (
            f"{self._given}, patches of {self._p}, half-life {self._half_life_frames}, "
            f"thinning {self._thinning}, saturation {self._saturation_adu}, "
            f"{mask_in_words(self._mask)}"
        )

    def records(self) -> dict[int, FieldRecord]:
        """Return what is kept of each field, faded to this moment, in order of their numbers."""
        faded = {}
        for key, record in sorted(self._fields.items()):
            weight = self._fading(self._clock - record.clock)
            if weight * record.n_frames > _LEAST_WEIGHT:
                faded[key] = record.scaled(weight, self._clock)
        return faded

    def _fading(self, n_frames: float) -> float:
        half_life = self._half_life_frames
        return 1.0 if half_life is None else float(2 ** (-n_frames / half_life))

    def _check(self, frames: ArrayLike) -> CheckedFrames:
        array = np.asarray(frames)
        if array.ndim not in (2, 3):
            raise InputError(
                "frames",
                "",
                f"have shape {array.shape}; allowed: (height, width) or (n, height, width)",
            )
        if array.ndim == 2:
            array = array[None]
        raw = self._raw
        if self._flattener is not None and raw is not None:
            raw = raw.after(array, self._used(array.shape[-2:]))
            array, self._noise = self._flattener(raw.found.numbers(array), raw.noise)
        height, width = array.shape[1:]
        region = self._region
        if self._mask is not None and (region is None or not self._fields):
            region = Region.of(self._mask, height, width, self._p)
        usable = None
        if region is not None:
            array, usable = region.cropped(array), region.usable
        checked = check_codes(array, self._noise, self._p, usable, self._counts)
        kind = StreamKind(height, width, checked.discrete)
        if not self._fields:
            if self._thinning > 1:  # refused at once where frames are too small
                draw_windows(height, width, self._p, self._thinning, self._rng)
            self._kind, self._region = kind, region
            self._reference_adu = float(round(checked.mean_adu))
        if kind != self._kind:
            raise InputError("frames", "", f"are {kind}; before, {self._kind}")
        self._raw = raw
        return checked

    def _counts(self) -> AduCounts | None:
        counts = [known.sums.counts for known in self._fields.values()]
        return reduce(joined, counts) if counts else None

    def _measure(self, checked: CheckedFrames) -> tuple[FieldRecord, StreamTotals]:
        repeats = checked.frames[0]
        n, height, width = repeats.shape
        used = repeats
        if self._thinning > 1:
            corners, side = draw_windows(height, width, self._p, self._thinning, self._rng)
            used = cut_windows(repeats, corners, side)
        sums = sum_frames(
            used, self._reference_adu, self._noise, checked.discrete, self._p, self._region
        )
        pattern = about(middle(repeats, PATTERN_SIDE), self._reference_adu).sum(axis=0)
        mean_adu = checked.mean_adu if self._thinning == 1 else float(used.mean(dtype=np.float64))
        mean_adu_sum = n * (mean_adu - self._reference_adu)
        record = FieldRecord(sums, pattern, mean_adu_sum, float(n), self._clock + n)
        clip = clip_adu(checked, self._noise, self._saturation_adu)
        return record, StreamTotals.of(checked, self._noise, self._reference_adu, clip)
