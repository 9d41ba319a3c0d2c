"""The guards of frames in a session: which are asked, and what they know of the camera's noise."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from hil.errors import InputError, nearest
from hil.rig.guards.frame_watch import FrameWatch
from hil.rig.guards.known_noise import KnownNoise, together
from hil.rig.guards.registry import guard_names
from hil.session.sequence.plane_noise import PlaneNoise
from hil.spec import SessionFile

if TYPE_CHECKING:
    from hil.session.sequence.plane_noise import FrameNoise

# With more read noise than this, in electrons, single electrons do not show in codes.
_APART_E = 0.3


def check_guards(file: SessionFile) -> None:
    """Refuse names of guards that there are none of.

    Raises
    ------
    InputError
    """
    for i, name in enumerate(file.spec.measure.unguarded):
        if name not in guard_names():
            problem = f"{name!r}, {nearest(name, guard_names())}"
            raise InputError(file.path, f"measure.unguarded.{i}", problem)


def frame_watch(noise: PlaneNoise, unguarded: Collection[str] = ()) -> FrameWatch:
    """Set the guards of a session, or of a measurement, on its frames.

    Parameters
    ----------
    noise
        The noise model at the settings of a trial.
    unguarded
        Names of guards that are not asked.
    """
    return FrameWatch(lambda settings: known_noise(noise.at(settings)), unguarded)


def known_noise(model: FrameNoise) -> KnownNoise:
    """Say what guards need to know of a noise model: that of its typical pixel."""
    if isinstance(model, tuple):
        return together([known_noise(one) for one in model])
    from hil.noise.poisson import PoissonNoise

    if isinstance(model, PoissonNoise):
        return KnownNoise(lambda mean: max(mean, 0.0), 0.0, 1.0)
    typical: Any = getattr(model, "typical", model)
    if not hasattr(typical, "mean_variance_adu2"):  # Gaussian, of a width for each pixel
        sigma_adu = float(np.sqrt(np.mean(np.square(typical.sigma_adu))))
        return KnownNoise(lambda mean: sigma_adu**2 + 1 / 12)
    offset = getattr(typical, "offset_adu", None)
    return KnownNoise(
        lambda mean: float(typical.mean_variance_adu2(mean, True)),
        None if offset is None else float(np.mean(offset)),
        _electron_adu(typical),
    )


def _electron_adu(model: Any) -> float:
    gain = float(getattr(model, "gain_e_per_adu", math.inf))
    read_noise_e = float(getattr(model, "read_noise_e", math.inf))
    return 1 / gain if read_noise_e < _APART_E else 0.0
