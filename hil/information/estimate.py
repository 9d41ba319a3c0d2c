"""Frames and a noise model to bits per pixel: I(X;Y) = H(Y) - H(Y|X)."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hil.errors import InputError
from hil.information.blas_threads import one_blas_thread
from hil.information.conditional_entropy import coarse_counts, conditional_nats, shift_in_bits
from hil.information.constant_frames import constant_estimate
from hil.information.diagnostics.diagnose import diagnose, worst_saturated_share
from hil.information.interval import mean_interval, with_calibration
from hil.information.lower.bound import lower_bound as lower_bound_of
from hil.information.pixel_bound import pixel_entropy_nats
from hil.information.registry import CrossEntropy, PatchEstimator, find_estimator, traits_of
from hil.information.sample.checks import check_share
from hil.information.sample.choose import choose_sample, smaller_patches
from hil.information.sample.patches import covering
from hil.information.sample.prepare import ChannelFrames, Noise, take_in
from hil.information.sample.sample import Sample
from hil.information.sample.surround import without_surround
from hil.information.spikes.take_out import without_spikes
from hil.records.estimate import Estimate

_NATS_PER_BIT = math.log(2)
_FEW_FIELDS = 4


@one_blas_thread()
def estimate_information(
    frames: ArrayLike,
    noise: Noise,
    estimator: str | PatchEstimator | None = None,
    patch_size: int = 16,
    confidence: float = 0.95,
    seed: int = 0,
    *,
    stride: int | None = None,
    n_patches: int | None = None,
    max_pixels: int | None = None,
    mask: ArrayLike | None = None,
    saturation_adu: float | None = None,
    max_saturated_share: float = 1e-3,
    noise_variance_relative_sd: float = 0.0,
    subtract_pattern: bool = False,
    lower_bound: bool = False,
) -> Estimate:
    """Estimate the mutual information between scene and measurement from noisy frames.

    Parameters
    ----------
    frames
        (n, height, width), each frame its own field of view, or (n_fields, n_repeats, height,
        width); ADU, never rescaled. A frame as small as the patch is one patch. Colours, spectral
        bands and views are channels, (n_fields, n_repeats, channels, height, width): a patch then
        holds all of them, and bits are per recorded value, channels * height * width a frame.
    noise
        From `hil.noise`, or one for each channel. Keep the object: it keeps its tables.
    estimator
        One of `hil.information.estimators.estimator_names`, or an estimator with options of its
        own, `PixelCNN(keep_warm=True)` say. None is ``predictive`` for integers, a probability on
        the codes whatever the scene, and ``stationary`` for real numbers.
    patch_size
        Side of the patches, pixels, 2 to 64. Where whole frames are what is told (`whole_frame`),
        a smaller one, half of it at least, if that leaves less of them out.
    confidence
        Of the interval, between 0 and 1.
    seed
        For estimators that draw random numbers (``predictive`` draws where kinds of patches begin);
        ``stationary`` and ``gaussian`` draw none.
    stride
        Pixels from one patch to the next, down and across; None tiles without overlap.
    n_patches
        At most so many patches, of all frames together, drawn at random with ``seed``; None for
        all. Repeats are cut at the same places.
    max_pixels
        The same, told by the pixels of each image that patches may cover; None for all. Flags are
        found in all pixels whatever it is.
    mask
        (height, width), true where pixels may be used: a region of interest, without dead and hot
        pixels. Others count nowhere, whatever they hold; patches that touch one are left out.
    saturation_adu
        Where the camera clips as it is set; None for what the noise model or the integer type says.
    max_saturated_share
        Share of clipped pixels, in the channel that clips most, above which the estimate is flagged
        ``saturated``.
    noise_variance_relative_sd
        Standard deviation of the noise model's variance, as a share of it, from its calibration. It
        errs H(Y|X) by half of it, in nats, in all fields alike, and widens the interval.
    subtract_pattern
        Whether what all fields share, ``details["fixed_pattern_bits"]``, is taken off where eight
        fields or more show it beyond chance and it is less than half of the estimate; for
        ``stationary``, ``copula`` and ``predictive``. Only where fields are different scenes. It
        replaces no maps: what it leaves widens the interval, and the flag stays. By how much,
        ``details["subtracted_pattern_bits"]`` says.
    lower_bound
        Whether a lower bound is found too: ``details["lower_bits"]``, below the truth as surely as
        the interval holds, and ``details["lower_method"]``, ``"repeats"`` or ``"thinning"``; where
        neither can be, ``"none"``, and ``details["lower_reason"]`` says why. It takes a tenth of a
        second, and needs four fields.

    Returns
    -------
    Estimate
        ``bits_per_pixel`` weighs held-out against in-sample cross-entropy so that their biases
        cancel, and is at most what single pixels allow (``details["single_pixel_bits"]``);
        ``details["held_out_bits"]`` is the bound. The interval is Student's t over fields
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
    check_share("confidence", confidence, 0.0, 1.0)
    check_share("max_saturated_share", max_saturated_share, 0.0, 1.0, ends=True)
    check_share("noise_variance_relative_sd", noise_variance_relative_sd, 0.0, 1.0, ends=True)
    family, name = (None, "") if estimator is None else _named(estimator)
    channels = take_in(frames, noise, patch_size, mask)
    if family is None:
        family, name = _named(usual_estimator(channels))
    n_fields, *_, height, width = channels[0].checked.frames.shape
    if traits_of(family).whole_frames:
        patch_size = covering(height, width, patch_size)
    share = worst_saturated_share(channels, saturation_adu)
    flags = {"too_few_units"} if n_fields < _FEW_FIELDS else set()
    if share > max_saturated_share:
        flags.add("saturated")
    channels, surround = without_surround(channels, patch_size)
    channels, spikes = without_spikes(channels, seed)
    varying = [channel for channel in channels if not channel.checked.constant]
    if not varying:
        adu = channels[0].checked.lowest_adu
        return constant_estimate(adu, n_fields, name, share, flags, started)

    if max_pixels is not None:
        n_patches = _fewer(n_patches, max_pixels, varying[0].checked.frames.shape, patch_size)
    sample = choose_sample(varying, patch_size, seed, stride, n_patches)
    _check_enough(sample, family, name)
    entropy = _fitted(family, name, sample)
    noise_nats, shift = conditional_nats(sample)
    if len(varying) < len(channels):
        # constants have no entropy, with the scene known or not, and count as values
        flags.add("noise_mismatch")
        varying_share = len(varying) / len(channels)
        entropy, noise_nats = _diluted(entropy, noise_nats, varying_share)
        shift = shift.scaled(varying_share)
    corrected = entropy.corrected_nats
    bits = (corrected - noise_nats) / _NATS_PER_BIT
    calibration_bits = noise_variance_relative_sd / 2 / _NATS_PER_BIT
    places = bits.reshape(sample.n_fields, sample.n_repeats, -1).mean(axis=1)
    interval = mean_interval(places, sample.places, n_fields, confidence)
    interval = with_calibration(interval, calibration_bits, confidence)
    value = float(bits.mean())
    allowed = (pixel_entropy_nats(sample) - float(noise_nats.mean())) / _NATS_PER_BIT
    if len(varying) == len(channels) and value > allowed:
        # what single pixels cannot hold is the family's slack, not information
        excess = value - allowed
        value, bits, interval = allowed, bits - excess, interval.shifted(-excess)
        corrected = corrected - excess * _NATS_PER_BIT

    if spikes.share > 0 and value > 0:  # pixels that tell nothing of the scene
        excess = spikes.share * value
        value, bits, interval = value - excess, bits - excess, interval.shifted(-excess)
        corrected = corrected - excess * _NATS_PER_BIT

    if surround.lit_share < 1:  # where there is no light, there is nothing to be told
        excess = (1 - surround.lit_share) * value
        value, bits, interval = value - excess, bits - excess, interval.shifted(-excess)
        corrected = corrected - excess * _NATS_PER_BIT

    own = traits_of(entropy.chosen or family)
    diagnosis = diagnose(
        varying,
        interval.half_width,
        patch_size,
        value,
        on_codes=own.on_codes,
        shared_counts=not own.whole_frames,
    )
    details = dict(diagnosis.details) | spikes.details() | surround.details()
    if subtract_pattern:
        sees_it = own.sees_pattern and len(channels) == 1
        pattern, sd = diagnosis.pattern.removable(value) if sees_it else (0.0, 0.0)
        details["subtracted_pattern_bits"] = pattern
        value, bits = value - pattern, bits - pattern
        corrected = corrected - pattern * _NATS_PER_BIT
        interval = with_calibration(interval.shifted(-pattern), sd, confidence)
    flags |= spikes.flags(value) | surround.flags
    flags |= diagnosis.flags | set(entropy.flags) | _flags_of_value(value, sample)
    if lower_bound:
        below = lower_bound_of(sample, confidence, copies="duplicate_frames" in flags)
        below = below.scaled(surround.lit_share * len(varying) / len(channels))
        details |= below.details()
        flags |= {"lower_bound_limited"} if below.limited else set()
    if coarse_counts(shift, "gaussian_gap_bits" in entropy.details, interval.half_width):
        flags.add("coarse_counts")
    details |= shift_in_bits(shift)
    details |= _summary(entropy, noise_nats, bits, sample)
    details |= {"saturated_share": share, "interval": interval.method}
    details |= _constant_channels(channels)
    if math.isfinite(allowed):
        details["single_pixel_bits"] = allowed
    details = surround.of_all_pixels(details)
    if calibration_bits > 0:
        details["calibration_sd_bits"] = calibration_bits
    return Estimate(
        bits_per_pixel=value,
        ci_low=interval.low,
        ci_high=interval.high,
        h_y_nats=float(corrected.mean()),
        h_y_given_x_nats=float(noise_nats.mean()),
        estimator=name,
        n_patches=bits.size,
        n_units=n_fields,
        seconds=time.perf_counter() - started,
        flags=tuple(sorted(flags)),
        details=details | dict(entropy.details),
    )


def _fitted(family: PatchEstimator, name: str, sample: Sample) -> CrossEntropy:
    try:
        return family.cross_entropy(sample)
    except np.linalg.LinAlgError:
        variance = float(sample.patches.var())
        raise InputError(
            "frames",
            "",
            f"vary by {variance:g} ADU^2 under noise of {sample.noise_variance_adu2:g} ADU^2: no "
            f"{name} density has both; allowed: noise in the unit of the frames",
        ) from None


def usual_estimator(channels: Sequence[ChannelFrames]) -> str:
    """Name the estimator that is used where none is asked for."""
    return "predictive" if all(one.checked.discrete for one in channels) else "stationary"


def _fewer(
    n_patches: int | None, max_pixels: int, shape: tuple[int, ...], patch_size: int
) -> int | None:
    """Give how many patches of frames (F, R, ..., H, W) may be used; None for all."""
    a_frame = max_pixels // patch_size**2
    if isinstance(max_pixels, bool) or not isinstance(max_pixels, int) or a_frame < 1:
        raise InputError("max_pixels", "", f"{max_pixels!r}; allowed: from {patch_size**2}")
    if shape[-2] * shape[-1] <= max_pixels:
        return n_patches
    allowed = shape[0] * shape[1] * a_frame
    return allowed if n_patches is None else min(n_patches, allowed)


def _named(estimator: str | PatchEstimator) -> tuple[PatchEstimator, str]:
    if isinstance(estimator, str):
        return find_estimator(estimator), estimator
    return estimator, str(getattr(estimator, "name", type(estimator).__name__.lower()))


def _check_enough(sample: Sample, family: PatchEstimator, name: str) -> None:
    """Refuse samples of fewer patches than the estimator can make sense of."""
    n, needed, p = (
        sample.n_frames * sample.places.shape[1],
        family.needed_patches,
        sample.patch_size,
    )
    if n >= needed:
        return
    hint = ""
    if sample.usable is not None:
        hint = "; " + smaller_patches(sample.usable[0], p, -(-needed // sample.n_frames))
    raise InputError(
        "frames" if sample.usable is None else "mask",
        "",
        f"{'hold' if sample.usable is None else 'leaves'} {n} patches of {p} x {p} pixels; "
        f"{name} needs {needed} or more{hint}",
    )


def _diluted(
    entropy: CrossEntropy, noise_nats: NDArray[np.float64], share: float
) -> tuple[CrossEntropy, NDArray[np.float64]]:
    """Spread nats over all values, of which only a share varies."""
    bound = None if entropy.bound_nats is None else share * entropy.bound_nats
    spread = replace(
        entropy,
        held_out_nats=share * entropy.held_out_nats,
        in_sample_nats=share * entropy.in_sample_nats,
        bound_nats=bound,
    )
    return spread, share * noise_nats


def _flags_of_value(bits_per_pixel: float, sample: Sample) -> set[str]:
    flags = {"one_scene"} if sample.one_scene else set()
    return flags | {"negative"} if bits_per_pixel < 0 else flags


def _constant_channels(channels: Sequence[ChannelFrames]) -> dict[str, Any]:
    constant = [c for c, channel in enumerate(channels) if channel.checked.constant]
    return {"constant_channels": constant} if constant else {}


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
