"""Frames and a noise model to bits per pixel: I(X;Y) = H(Y) - H(Y|X)."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hil.errors import InputError
from hil.information.checks import CheckedFrames, check_frames, check_share
from hil.information.estimators import CrossEntropy, PatchEstimator, find_estimator
from hil.information.flags import (
    check_noise,
    field_means,
    fixed_pattern,
    impossible_noise,
    saturated_share,
)
from hil.information.interval import Interval, mean_interval, with_calibration
from hil.information.noise_model import FlattenedNoise, NoiseModel
from hil.information.sample import Sample, regions_of_one_field
from hil.ports import Estimate

_NATS_PER_BIT = math.log(2)
_FEW_FIELDS = 4


def estimate_information(
    frames: ArrayLike,
    noise: NoiseModel | FlattenedNoise,
    estimator: str | PatchEstimator = "stationary",
    patch_size: int = 16,
    confidence: float = 0.95,
    seed: int = 0,
    *,
    saturation_adu: float | None = None,
    max_saturated_share: float = 1e-3,
    noise_variance_relative_sd: float = 0.0,
) -> Estimate:
    """Estimate the mutual information between scene and measurement from noisy frames.

    Parameters
    ----------
    frames
        (n, height, width), each frame its own field of view, or (n_fields, n_repeats, height,
        width); ADU, never rescaled. A frame as small as the patch is one patch.
    noise
        From `hil.noise`. Keep the object: it keeps its tables.
    estimator
        One of `hil.information.estimators.estimator_names`, or an estimator with options of its
        own, `PixelCNN(keep_warm=True)` say.
    patch_size
        Side of the patches, pixels, 2 to 64.
    confidence
        Of the interval, between 0 and 1.
    seed
        For estimators that draw random numbers; ``stationary`` and ``gaussian`` draw none.
    saturation_adu
        Where the camera clips as it is set; None for what the noise model or the integer type says.
    max_saturated_share
        Share of clipped pixels above which the estimate is flagged ``saturated``.
    noise_variance_relative_sd
        Standard deviation of the noise model's variance, as a share of it, from its calibration. It
        errs H(Y|X) by half of it, in nats, in all fields alike, and widens the interval.

    Returns
    -------
    Estimate
        ``bits_per_pixel`` weighs held-out against in-sample cross-entropy so that their biases
        cancel; ``details["held_out_bits"]`` is the bound. The interval is Student's t over fields
        of view; with fewer than 4 it is a jackknife over blocks within them, flagged
        ``too_few_units``. Constant frames carry exactly 0 bits and are flagged.

    Raises
    ------
    InputError
        For frames, noise or arguments that cannot be.

    Examples
    --------
    >>> import numpy as np
    >>> from hil.information import estimate_information
    >>> from hil.noise import GaussianNoise
    >>> rng = np.random.default_rng(1)
    >>> frames = rng.normal(0, np.sqrt(2.0), (8, 128, 128))   # as much signal as noise: 0.5 bit
    >>> round(estimate_information(frames, GaussianNoise(1.0)).bits_per_pixel, 2)
    0.5
    """
    started = time.perf_counter()
    if isinstance(estimator, str):
        family, name = find_estimator(estimator), estimator
    else:
        family, name = estimator, type(estimator).__name__.lower()
    if isinstance(noise, FlattenedNoise):
        frames, noise = noise.flatten(frames)
        saturation_adu = None  # was in another unit
    if not hasattr(noise, "entropy_phi_nats"):
        raise InputError("noise", "", f"{noise!r} is no noise model; allowed: those of hil.noise")
    check_share("confidence", confidence, 0.0, 1.0)
    check_share("max_saturated_share", max_saturated_share, 0.0, 1.0, ends=True)
    check_share("noise_variance_relative_sd", noise_variance_relative_sd, 0.0, 1.0, ends=True)
    checked = check_frames(frames, noise, patch_size)
    flags: set[str] = set()
    saturation = clip_adu(checked, noise, saturation_adu)
    share = saturated_share(checked, noise, saturation)
    if share > max_saturated_share:
        flags.add("saturated")
    if checked.frames.shape[0] < _FEW_FIELDS:
        flags.add("too_few_units")
    if checked.lowest_adu == checked.highest_adu:
        return _constant(checked, name, share, flags, started)

    sample = _sample(checked, noise, patch_size, seed)
    n_patches = sample.patches.shape[0] * sample.patches.shape[1]
    if n_patches < family.needed_patches:
        raise InputError(
            "frames",
            "",
            f"hold {n_patches} patches of {patch_size} x {patch_size} pixels; "
            f"{name} needs {family.needed_patches} or more",
        )
    entropy = family.cross_entropy(sample)
    noise_nats = noise.entropy_phi_nats(sample.raw_patches, sample.discrete).mean(axis=2)
    corrected = entropy.corrected_nats
    bits = (corrected - noise_nats) / _NATS_PER_BIT
    n_fields = checked.frames.shape[0]
    calibration_bits = noise_variance_relative_sd / 2 / _NATS_PER_BIT
    interval = with_calibration(
        mean_interval(_by_place(bits, sample), n_fields, confidence), calibration_bits, confidence
    )
    value = float(bits.mean())

    found, details = _doubts(checked, noise, sample, interval, value)
    flags |= found | set(entropy.flags)
    details |= _summary(entropy, noise_nats, bits, sample)
    details |= {"saturated_share": share, "interval": interval.method}
    if calibration_bits > 0:
        details["calibration_sd_bits"] = calibration_bits
    return Estimate(
        bits_per_pixel=value,
        ci_low=interval.low,
        ci_high=interval.high,
        h_y_nats=float(corrected.mean()),
        h_y_given_x_nats=float(noise_nats.mean()),
        estimator=name,
        n_patches=n_patches,
        n_units=n_fields,
        seconds=time.perf_counter() - started,
        flags=tuple(sorted(flags)),
        details=details | dict(entropy.details),
    )


def _sample(checked: CheckedFrames, noise: NoiseModel, patch_size: int, seed: int) -> Sample:
    frames = checked.frames
    one_scene = frames.shape[0] == 1
    if one_scene:
        frames = regions_of_one_field(frames, patch_size)
    variance = noise.mean_variance_adu2(checked.mean_adu, checked.discrete)
    return Sample(
        frames,
        int(patch_size),
        checked.mean_adu,
        variance,
        checked.discrete,
        one_scene,
        seed,
        noise,
    )


def clip_adu(checked: CheckedFrames, noise: NoiseModel, saturation_adu: float | None) -> float:
    """Give the ADU from which a pixel counts as saturated."""
    if saturation_adu is not None:
        check_share("saturation_adu", saturation_adu, 0.0, math.inf)
        return min(float(saturation_adu), noise.highest_adu)
    dtype = checked.frames.dtype
    return min(noise.highest_adu, np.iinfo(dtype).max if dtype.kind in "ui" else math.inf)


def _by_place(bits: NDArray[np.float64], sample: Sample) -> NDArray[np.float64]:
    """Average repeats: (F, down, across)."""
    down, across = sample.tiles
    places: NDArray[np.float64] = bits.reshape(
        sample.n_fields, sample.n_repeats, down, across
    ).mean(axis=1)
    return places


def _doubts(
    checked: CheckedFrames,
    noise: NoiseModel,
    sample: Sample,
    interval: Interval,
    bits_per_pixel: float,
) -> tuple[set[str], dict[str, Any]]:
    flags: set[str] = set()
    details: dict[str, Any] = {}
    if sample.one_scene:
        flags.add("one_scene")
    if bits_per_pixel < 0:
        flags.add("negative")
    if impossible_noise(checked, noise):
        flags.add("noise_mismatch")
    repeats = check_noise(checked, noise)
    if repeats is not None:
        details["noise_variance_ratio"] = repeats.variance_ratio
        details["noise_correlation"] = repeats.correlation
        if repeats.mismatch(interval.half_width):
            flags.add("noise_mismatch")
        if repeats.correlated:
            flags.add("noise_correlated")
    shows, pattern_bits = fixed_pattern(field_means(checked), sample.noise_variance_adu2)
    details["fixed_pattern_bits"] = pattern_bits
    if shows:
        flags.add("fixed_pattern")
    thinned = checked.frames.reshape(-1)[:: max(1, checked.frames.size // 20_000)]
    low, high = np.percentile(thinned, [1, 99])
    bias = noise.phi_bias_nats(float(low), float(high), checked.discrete)
    details["h_y_given_x_bias_bits"] = bias / _NATS_PER_BIT
    return flags, details


def _summary(
    entropy: CrossEntropy,
    noise_nats: NDArray[np.float64],
    bits: NDArray[np.float64],
    sample: Sample,
) -> dict[str, Any]:
    per_field = bits.mean(axis=1)
    if sample.one_scene:
        per_field = per_field.mean(keepdims=True)
    conditional = float(noise_nats.mean())
    return {
        "per_field_bits": [float(value) for value in per_field],
        "held_out_bits": (entropy.upper_nats - conditional) / _NATS_PER_BIT,
        "in_sample_bits": (float(entropy.in_sample_nats.mean()) - conditional) / _NATS_PER_BIT,
    }


def _constant(
    checked: CheckedFrames, estimator: str, share: float, flags: set[str], started: float
) -> Estimate:
    """Frames of one value: H(Y) = 0, so that nothing can be known from them, exactly."""
    return constant_estimate(
        checked.lowest_adu, checked.frames.shape[0], estimator, share, flags, started
    )


def constant_estimate(
    adu: float, n_fields: int, estimator: str, share: float, flags: set[str], started: float
) -> Estimate:
    """Give the estimate of frames whose pixels all read ``adu``: exactly 0, flagged."""
    return Estimate(
        bits_per_pixel=0.0,
        ci_low=0.0,
        ci_high=0.0,
        h_y_nats=0.0,
        h_y_given_x_nats=0.0,
        estimator=estimator,
        n_patches=0,
        n_units=n_fields,
        seconds=time.perf_counter() - started,
        # no noise model of ours leaves all pixels equal
        flags=tuple(sorted(flags | {"noise_mismatch"})),
        details={
            "per_field_bits": [0.0] * n_fields,
            "held_out_bits": 0.0,
            "in_sample_bits": 0.0,
            "saturated_share": share,
            "interval": "none",
            "constant_adu": adu,
        },
    )
