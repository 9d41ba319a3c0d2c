"""What else than the aberration may be unknown of a microscope in fluorescence.

Where the scene is unknown, blur that is alike in all trials is the scene's own: it, the light and
the haze by themselves are told by a known scene alone. Scales and signs of axes, and an offset of
the focus, are told by trials that differ in these axes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

import torch

from sim.microscope.fluorescence.options import FluorescenceOptions
from sim.microscope.stand.axes import FOCUS, SCALED, AxisErrors
from sim.microscope.stand.mirror import MIRROR_SETTINGS
from sim.parts.unknown import Settings, Unknown

BLUR, OFFSET, LIGHT, HAZE = "blur_nm", "focus_offset_um", "photons_per_uj", "background"
OF_SCENE = (BLUR, LIGHT, HAZE)
"""Told by a known scene alone."""
_SCALE = "axis_scale."
NAMES = (OFFSET, *(_SCALE + name for name in SCALED), BLUR)

Number = TypeVar("Number", float, torch.Tensor)


def further(options: FluorescenceOptions) -> dict[str, Unknown]:
    """List them by name; they start where the options say."""
    light, haze = options.photons_per_uj, options.background
    found = [
        Unknown(OFFSET, "um", options.focus_offset_um, 0.05, -5.0, 5.0),
        # a blur of 0 has no slope to follow
        Unknown(BLUR, "nm", max(options.blur_nm, 30.0), 10.0, 0.0, 1000.0),
        Unknown(LIGHT, "photons/uJ", light, 0.01 * light, 1e-3 * light, 1e3 * light),
        Unknown(HAZE, "", haze, 0.02, 0.0, 1e3),
    ]
    for name in SCALED:
        start = options.axis_scale.get(name, 1.0)
        found.append(Unknown(_SCALE + name, "", start, 0.1, -3.0, 3.0, sign_open=True))
    return {one.name: one for one in found}


def axes_of(options: FluorescenceOptions, values: Mapping[str, float]) -> AxisErrors:
    """Tell how far axes are off, of values by name; what is not among them is as in the options."""
    scale = {name.removeprefix(_SCALE): v for name, v in values.items() if name.startswith(_SCALE)}
    offset = values.get(OFFSET, options.focus_offset_um)
    return AxisErrors(offset, {**options.axis_scale, **scale})


def really(
    options: FluorescenceOptions, values: Mapping[str, torch.Tensor], settings: Settings
) -> tuple[torch.Tensor, torch.Tensor]:
    """Give the mirror's modes, nm, and the focus, um, as they really are; gradients flow."""

    def of(name: str) -> torch.Tensor:
        scale = values.get(_SCALE + name)
        said = torch.as_tensor(settings[name], dtype=torch.float64)
        return said * (options.axis_scale.get(name, 1.0) if scale is None else scale)

    offset = values.get(OFFSET)
    z_um = of(FOCUS) + (options.focus_offset_um if offset is None else offset)
    return torch.stack([of(name) for name in MIRROR_SETTINGS]), z_um


def blurred(
    transfer: torch.Tensor, blur_nm: torch.Tensor, had_nm: float, pitch_um: float
) -> torch.Tensor:
    """Give a transfer function another blur than it had; gradients flow."""
    height, half = transfer.shape
    fy = torch.fft.fftfreq(height, pitch_um, dtype=torch.float64)[:, None]
    fx = torch.fft.rfftfreq(2 * (half - 1), pitch_um, dtype=torch.float64)[None]
    more_um2 = (blur_nm.square() - had_nm**2) / 1e6
    return transfer * torch.exp(-2 * math.pi**2 * more_um2 * (fy.square() + fx.square()))


def said(options: FluorescenceOptions, values: Mapping[str, float]) -> dict[str, object]:
    """Write those of the values that are not the aberration as options."""
    found: dict[str, object] = {
        name: values[name] for name in (OFFSET, BLUR, LIGHT, HAZE) if name in values
    }
    scale = axes_of(options, values).scale
    if any(name.startswith(_SCALE) for name in values):
        found["axis_scale"] = dict(scale)
    return found


def check(names: Sequence[str]) -> None:
    """Refuse what is not one of `NAMES`.

    Raises
    ------
    ValueError
    """
    for name in names:
        if name not in NAMES:
            raise ValueError(f"{name!r} is no further unknown, allowed: {', '.join(NAMES)}")
