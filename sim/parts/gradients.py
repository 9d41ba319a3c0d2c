"""Light paths through which gradients flow: settings as tensors in, expected electrons out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from drivers.types import Value

if TYPE_CHECKING:  # torch takes a second to import, and parking a rig must not wait for it
    import torch

    from sim.numerics.tensors import Numbers
    from sim.parts.sensor import Sensor


@runtime_checkable
class DifferentiablePath(Protocol):
    """A light path whose expected frames have gradients by every continuous setting."""

    def electrons_with_gradient(
        self, settings: Numbers, fields: Sequence[Mapping[str, Value]]
    ) -> torch.Tensor:
        """Compute the electrons of every field of view, (n, height, width) before binning.

        Parameters
        ----------
        settings
            All of them; any number may be a 0-d tensor with a gradient.
        fields
            Of each field of view, the settings that bring it before the camera.
        """
        ...


def collected(sensor: Sensor, photons: torch.Tensor, exposure_ms: torch.Tensor) -> torch.Tensor:
    """`Sensor.expected_electrons` with gradients: photons (n, height, width) to electrons."""
    import torch

    dark = torch.as_tensor(sensor.maps.dark_current_e_per_s, dtype=photons.dtype)
    shadow = dark * (exposure_ms / 1e3).to(photons.dtype)
    return photons.clamp(min=0) * sensor.spec.quantum_efficiency + shadow


def places(
    settings: Numbers, fields: Sequence[Mapping[str, Value]], names: Sequence[str]
) -> torch.Tensor:
    """(n, 2) float64 where each field of view is: its own settings, or those of all."""
    import torch

    from sim.numerics.tensors import number

    each = [
        torch.stack([number({**settings, **field}, name) for name in names]) for field in fields
    ]
    return torch.stack(each)
