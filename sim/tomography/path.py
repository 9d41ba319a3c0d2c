"""From the settings of all devices to a frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Value
from sim.numerics.memo import Last
from sim.parts.sensor import Sensor
from sim.tomography.options import TomographyOptions
from sim.tomography.scenes import SCENES, Slice, densities, load_slices, make_slice

if TYPE_CHECKING:  # torch takes a second to import, and parking a rig must not wait for it
    import torch

    from sim.tomography.imager import Scanner, ScanSettings

_KEPT_SLICES = 64


@dataclass(frozen=True, slots=True)
class XrayNumbers:
    """The numbers that ``XrayNoise`` takes."""

    adu_per_photon: float
    offset_adu: float
    electronic_noise_adu: float
    bit_depth: int


class ScanPath:
    """Samples, scanner and detector: settings in, frames out.

    The line integrals of the last scan are kept: repeats, and settings that change the light alone,
    do not project again.

    Parameters
    ----------
    options
        The ``[[driver]]`` table.
    """

    def __init__(self, options: TomographyOptions) -> None:
        self.options = options
        sensor_rng, self._rng = map(
            np.random.default_rng, np.random.SeedSequence(options.seed).spawn(2)
        )
        self.sensor = Sensor(options.detector, (1, options.bins), sensor_rng)
        self.sample = lru_cache(_KEPT_SLICES)(self._make)
        self._projected: Last[torch.Tensor] = Last()

    @cached_property
    def slices(self) -> NDArray[np.float32] | None:
        """The user's own slices, if there are any."""
        scene = self.options.scene
        return None if scene in SCENES else load_slices(Path(scene))

    @cached_property
    def scanner(self) -> Scanner:
        """The physics."""
        from sim.tomography.imager import Scanner, Tomograph

        o = self.options
        return Scanner(
            Tomograph(
                bins=o.bins,
                bin_mm=o.bin_mm,
                filter_mm=o.filter_mm,
                photons_per_mas=o.photons_per_mas,
                efficiency=o.efficiency,
                scatter_per_cm2=o.scatter_per_cm2,
                beam_height_mm=o.beam_height_mm,
                blur_mm=o.blur_mm,
                penumbra_mm_per_w=o.penumbra_um_per_w / 1e3,
            )
        )

    def expected_electrons(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        """Noise-free photons of a scan, (views, bins // binning), not interleaved."""
        import torch

        from sim.tomography.imager import scan_settings

        scan = scan_settings(settings)
        with torch.no_grad():
            masses = self._masses(int(settings["sample.number"]), scan)
            counts = self.scanner.counts(masses, scan)[0]
        result: NDArray[np.float32] = counts.cpu().numpy()
        return result

    def expose(self, settings: Mapping[str, Value]) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Take a frame: a sinogram, or, interleaved, (views // rows, rows, bins)."""
        sinogram = self.sensor.read_out(self.expected_electrons(settings), 1, self._rng)
        rows = self.options.interleave
        return interleaved(sinogram, rows) if rows else sinogram

    def noise_model(self, settings: Mapping[str, Value]) -> XrayNumbers:
        """Parameters of ``XrayNoise``; the same at all settings, binning included."""
        o = self.options
        return XrayNumbers(o.adu_per_photon, o.offset_adu, o.electronic_noise_adu, o.bit_depth)

    def metrics(self, settings: Mapping[str, Value]) -> dict[str, float]:
        """Compute the figures of merit of `sim.tomography.metrics`."""
        from sim.tomography.imager import scan_settings
        from sim.tomography.metrics import figures

        return figures(self.scanner, scan_settings(settings), self.sensor.spec.read_noise_e)

    def _masses(self, number: int, scan: ScanSettings) -> torch.Tensor:
        import torch

        def project() -> torch.Tensor:
            slices = torch.from_numpy(densities(self.sample(number)))[None]
            return self.scanner.masses(slices.to(self.options.device), scan)

        key = (number, scan.views, scan.spacing, float(scan.start_deg), float(scan.arc_deg))
        return self._projected.of(key, project)

    def _make(self, number: int) -> Slice:
        if self.slices is not None:
            own: Slice = self.slices[number]
            return own
        rng = np.random.default_rng((self.options.seed, number))
        return make_slice(self.options.scene, self.options.bins, rng)


def interleaved(sinogram: NDArray[Any], rows: int) -> NDArray[Any]:
    """Deal the views out to channels: channel c has views c, c + n, c + 2 n, ... of n channels.

    Each channel is a sinogram of few views, all around; what neighbouring views share is between
    channels.

    Parameters
    ----------
    sinogram
        (views, bins); a multiple of `rows` views.

    Returns
    -------
    ndarray
        (views // rows, rows, bins), a copy.
    """
    return sinogram.reshape(rows, -1, sinogram.shape[-1]).transpose(1, 0, 2).copy()
