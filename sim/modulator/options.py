"""What the ``[[driver]]`` table of ``slm.simulated`` may say."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from drivers.slm.kind import ModulatorTable


class SimulatedTable(ModulatorTable, frozen=True):
    """Modes and pupil, and the microscope that they are in.

    Parameters
    ----------
    seed
        Sample, aberration and noise come from it.
    aberration_rms_nm
        Of what is hidden, over the Zernike modes of the table.
    scene
        One of the fluorescent samples of ``sim.microscope``.
    photons_per_mw_ms
        On a pixel, on average.
    read_noise_e
        Of the camera.
    """

    seed: Annotated[int, Field(ge=0)] = 0
    aberration_rms_nm: Annotated[float, Field(ge=0, le=1000)] = 80.0
    scene: str = Field(default="mixed", pattern="^(mixed|cells|fibres|blobs|flat)$")
    photons_per_mw_ms: Annotated[float, Field(gt=0, le=1e6)] = 80.0
    read_noise_e: Annotated[float, Field(ge=0, le=1000)] = 1.6
