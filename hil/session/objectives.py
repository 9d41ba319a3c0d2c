"""The objectives: information, scaled to what a person wants it for.

Each is the information a pixel value carries, I, times a scale that depends on the trial:

=================  ===============================================================================
bits_per_pixel     I
bits_per_frame     I x values of a frame: an upper bound, since pixels far apart share information
bits_per_area      I x values of a frame / its area at the sample, bits per um^2
bits_per_second    bits_per_frame / time of a frame, by the devices' clock: settling, moving between
                   fields, exposing and reading out, divided by the frames of the sample
bits_per_photon    bits_per_frame / electrons detected in a frame, background included
bits_per_mj        bits_per_frame / light at the sample for a frame, mJ
=================  ===============================================================================

``bits_about_label`` is no scale of it, but `hil.information.target.label_information`.

What each holds fixed, and where it degenerates, is in `hil.spec.objective.RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a trial's information is set against.

    Parameters
    ----------
    values
        Values of a frame: pixels times channels.
    frame_um2
        Area of a frame at the sample; NaN where it is not known.
    frame_s
        Devices' time for a frame of the sample, seconds.
    frame_electrons
        Electrons detected in a frame; NaN where the noise model does not count.
    frame_mj
        Light at the sample for a frame; NaN where it is not known.
    """

    values: int
    frame_um2: float
    frame_s: float
    frame_electrons: float
    frame_mj: float


SCALES: Mapping[str, Callable[[Circumstances], float]] = {
    "bits_per_pixel": lambda c: 1.0,
    "bits_per_frame": lambda c: float(c.values),
    "bits_per_area": lambda c: c.values / c.frame_um2,
    "bits_per_second": lambda c: _each(c.values, c.frame_s),
    "bits_per_photon": lambda c: _each(c.values, c.frame_electrons),
    "bits_per_mj": lambda c: _each(c.values, c.frame_mj),
}

# How a scale falls with the brightness of the sample, as a power of it.
_FALLS = {"bits_per_photon": 1}


def scaled(name: str, bits: float, circumstances: Circumstances) -> float:
    """Turn bits per value into an objective."""
    return bits * SCALES[name](circumstances)


def light_sensitivity(
    name: str, bits: float, sensitivity_bits: float, circumstances: Circumstances
) -> float:
    """Change of an objective for an e-fold in the brightness of the sample.

    Parameters
    ----------
    name
        The objective.
    bits, sensitivity_bits
        Information, and its own change for an e-fold, bits per value.
    """
    return scaled(name, sensitivity_bits - _FALLS.get(name, 0) * bits, circumstances)


def _each(values: float, amount: float) -> float:
    # Where nothing was spent nothing was seen either: such a trial is worth nothing.
    return 0.0 if amount <= 0 else values / amount
