"""What is moved uphill: information of the frames that a simulated rig expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from drivers.types import Value
from hil.errors import InputError
from hil.information.torch import FAMILIES, expected_information
from hil.information.torch.expected import Family
from hil.noise.camera import CameraNoise
from hil.records.imaging import binning_of
from hil.rig.rig import Rig
from hil.session.search_space import SearchSpace
from hil.spec import SessionSpec
from sim.parts.gradients import DifferentiablePath

if TYPE_CHECKING:
    import torch

_FIELDS_AT_ONCE = 16
_DRAW = 5  # of the fields that early looks see

Point = Mapping[str, Any]
"""Values of the searched settings; numbers may be tensors."""


@dataclass(frozen=True)
class Goal:
    """Information by settings.

    Parameters
    ----------
    path
        Of the simulated rig.
    held
        All settings of the rig, those that are searched as they are now.
    fields
        Of each field of view, the settings that bring it before the camera.
    family
        Of `expected_information`.
    patch_size
        Pixels.
    binning
        The camera's binning setting; empty without one.
    """

    path: Any
    held: Mapping[str, Value]
    fields: Sequence[Mapping[str, Value]]
    family: Family
    patch_size: int
    binning: str = ""

    @property
    def n_fields(self) -> int:
        """How many fields of view it is computed from."""
        return len(self.fields)

    def of_fields(self, n: int) -> Goal:
        """Give the same from n of the fields only, drawn once; fewer are among more."""
        order = np.random.default_rng(_DRAW).permutation(len(self.fields))
        return replace(self, fields=[self.fields[i] for i in sorted(order[:n])])

    def bits_per_pixel(self, point: Point) -> torch.Tensor:
        """0-d tensor, with gradients by the tensors in ``point``."""
        settings = {**self.held, **point}
        plain = {name: _plain(value) for name, value in settings.items()}
        binning = binning_of(plain[self.binning]) if self.binning else 1
        noise = self.path.noise_model(plain)
        camera = CameraNoise(
            noise.gain_e_per_adu, noise.offset_adu, noise.read_noise_e, noise.bit_depth
        )

        def render(group: slice) -> torch.Tensor:
            electrons = self.path.electrons_with_gradient(settings, self.fields[group])
            return _binned(electrons.double(), binning)

        return expected_information(
            render,
            camera,
            self.family,
            self.patch_size,
            n_frames=len(self.fields),
            at_once=_FIELDS_AT_ONCE,
        )


def goal_of(
    spec: SessionSpec,
    rig: Rig,
    space: SearchSpace,
    fields: Sequence[Mapping[str, Value]],
    where: str,
) -> Goal:
    """Make the goal of a session file on an open rig.

    Raises
    ------
    InputError
        Where the rig is not simulated with gradients, or the session asks for what has none.
    """
    path = getattr(rig.truth, "path", None)
    if not isinstance(path, DifferentiablePath):
        raise InputError(
            where,
            "rig",
            f"{rig.spec.name} has no gradients; allowed: a rig of sim.microscope, sim.satellite or "
            "sim.lensless",
        )
    if spec.objective.names != ("bits_per_pixel",):
        raise InputError(
            where,
            "objective.maximize",
            f"{', '.join(spec.objective.names)}; allowed: bits_per_pixel with hil design",
        )
    if len(fields) < 2:
        raise InputError(
            where,
            "measure",
            f"names {len(fields)} field of view; allowed: 2 or more with hil design",
        )
    kind = spec.estimator.kind
    family: Family = next((one for one in FAMILIES if one == kind), "stationary")
    setup = rig.safety.targets(rig.spec.setup)
    held = {**rig.truth.suppose(), **setup, **space.present, **space.fixed}
    return Goal(path, held, fields, family, spec.estimator.patch_size, space.binning)


def _plain(value: Any) -> Value:
    plain: Value = value if isinstance(value, (str, int, float)) else float(value.detach())
    return plain


def _binned(electrons: torch.Tensor, binning: int) -> torch.Tensor:
    import torch

    if binning == 1:
        return electrons
    summed: torch.Tensor = (
        torch.nn.functional.avg_pool2d(electrons[:, None], binning)[:, 0] * binning**2
    )
    return summed
