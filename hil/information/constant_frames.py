"""Frames of one value: H(Y) = 0, so that nothing can be known from them, exactly."""

from __future__ import annotations

import time

from hil.records.estimate import Estimate


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
