"""From numbers to words: what a microscopist would do next."""

from __future__ import annotations

from hil.measure.repeatability import Repeatability

_CLIPPED = 0.001
_NOISE_LOW, _NOISE_HIGH = 0.97, 1.03
_DIM = 0.3
_FEWEST_FIELDS = 4
_FLAGS = {
    "noise_correlated": "noise of neighbouring pixels is correlated: the camera filters its images,"
    " or rows share noise; switch filters off, or read what is said of it in docs/calibration.md",
    "fixed_pattern": "a pattern stays the same from field to field and counts as information:"
    " calibrate with --flat",
    "one_scene": "one field of view was measured: the number is about this scene alone",
}


def advise(found: Repeatability, brightest_share: float, n_fields: int) -> tuple[str, ...]:
    """Say what to do.

    Parameters
    ----------
    found
        The measurements.
    brightest_share
        Brightest pixel's share of the camera's range.
    n_fields
        Fields of view.
    """
    words = []
    if found.saturated_share > _CLIPPED:
        words.append(
            f"less light or a shorter exposure: {found.saturated_share:.2%} of pixels are clipped"
        )
    elif brightest_share < _DIM:
        words.append(
            f"there is room for more light: the brightest pixel is at {brightest_share:.0%} of the"
            " camera's range, if the sample bears it"
        )
    ratio = found.noise_variance_ratio
    if ratio is not None and not _NOISE_LOW <= ratio <= _NOISE_HIGH:
        words.append(
            f"calibrate again (hil calibrate): the noise is {ratio:.3f} of what its model says"
        )
    if found.drifts:
        words.append(
            f"something drifts: {found.drift_bits:+.4f} bit from the first measurement to the last;"
            " bleaching, focus or lamp; use [reference] in sessions, or less light"
        )
    elif found.scatters:
        words.append(
            "the measurements scatter more than their intervals say: vibration, an unsteady lamp,"
            " or a sample that moves"
        )
    if n_fields < _FEWEST_FIELDS:
        words.append(
            f"measure more fields of view, {_FEWEST_FIELDS} or more: the interval of"
            f" {n_fields} says little about others (--session SESSION.toml: that session's fields)"
        )
    words += [text for flag, text in _FLAGS.items() if flag in found.flags]
    if found.ci_high < 0:
        words.append("the information is below 0: the noise model says more noise than there is")
    return tuple(words)
