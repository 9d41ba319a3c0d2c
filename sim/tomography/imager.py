"""From a slice and the settings of tube, gantry and detector to expected counts.

A_m   : mass of material m on a ray (water, bone), g/cm^2; a line integral of its density
E_k   : effective energies, w_k their photons (`sim.tomography.spectrum`)
N0    : photons on an unbinned bin in one view at the reference voltage,
        photons_per_mas x current x exposure / views
P     : primary photons, N0 sum_k w_k exp(-sum_m mu_m(E_k) A_m)   (Beer and Lambert)
blur  : Gaussian along the detector: light that spreads in the scintillator, and the penumbra of a
        focal spot that must grow with the tube's power, in quadrature
S     : scattered photons, even over the detector, P's mean x scatter ratio; the ratio grows in
        proportion to the height of the beam and the thickness of the sample
        (Siewerdsen and Jaffray, Med. Phys. 28, 220, 2001)

    counts of a bin = sum over its rays of (blurred P + S)

Parallel rays, one slice. The exposure is that of the whole scan, shared by the views alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, pi

import torch

from sim.numerics.batches import by_groups
from sim.numerics.tensors import Numbers, number
from sim.tomography.attenuation import mass_attenuation
from sim.tomography.projector import line_integrals, view_angles
from sim.tomography.spectrum import REFERENCE_KV, Spectrum, tube_spectrum

_BYTES_PER_RAY = 60  # of line integrals, light and blur in single precision
_PAD_MM = 4.0  # of detector beyond each end, so that blur does not come round


@dataclass(frozen=True, slots=True)
class Tomograph:
    """What no setting changes.

    Parameters
    ----------
    bins, bin_mm
        Of the detector: a row of squares. The slice is as wide as the row.
    filter_mm
        Aluminium in the beam.
    photons_per_mas
        Detected in an unbinned bin, per mAs at `REFERENCE_KV`, nothing in the beam.
    efficiency
        Share of the photons that is detected.
    scatter_per_cm2
        Scatter ratio per cm of beam height and g/cm^2 of sample.
    beam_height_mm
        Along the axis of rotation.
    blur_mm
        Standard deviation of the scintillator's blur.
    penumbra_mm_per_w
        Standard deviation of the focal spot's penumbra on the detector, per watt of the tube.
    """

    bins: int
    bin_mm: float
    filter_mm: float
    photons_per_mas: float
    efficiency: float
    scatter_per_cm2: float
    beam_height_mm: float
    blur_mm: float
    penumbra_mm_per_w: float

    @property
    def width_mm(self) -> float:
        """Of the detector, and of the slice."""
        return self.bins * self.bin_mm


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """A scan, as numbers that gradients flow through: 0-d tensors but for the first three."""

    views: int
    spacing: str
    binning: int
    start_deg: torch.Tensor
    arc_deg: torch.Tensor
    current_ma: torch.Tensor
    voltage_kv: torch.Tensor
    exposure_ms: torch.Tensor
    holds_kerma: bool = False

    @property
    def angles(self) -> torch.Tensor:
        """(views,) rad."""
        return view_angles(self.views, self.spacing, self.start_deg, self.arc_deg)


class Scanner:
    """Scans slices.

    Parameters
    ----------
    instrument
        What no setting changes.
    """

    def __init__(self, instrument: Tomograph) -> None:
        self.instrument = instrument

    def spectrum(self, scan: ScanSettings) -> Spectrum:
        """Spectrum of the tube behind its filter."""
        return tube_spectrum(scan.voltage_kv, self.instrument.filter_mm)

    def tube_ma(self, scan: ScanSettings) -> torch.Tensor:
        """Tube current, 0-d: as set, or what brings the kerma that it would at `REFERENCE_KV`."""
        if not scan.holds_kerma:
            return scan.current_ma
        reference = torch.full_like(scan.voltage_kv, REFERENCE_KV)
        kerma = tube_spectrum(reference, self.instrument.filter_mm).kerma_mgy_cm2
        return scan.current_ma * kerma / self.spectrum(scan).kerma_mgy_cm2

    def blur_mm(self, scan: ScanSettings) -> torch.Tensor:
        """Add the blurs on the detector up, 0-d, standard deviation."""
        one = self.instrument
        penumbra_mm = one.penumbra_mm_per_w * scan.voltage_kv * self.tube_ma(scan)
        return torch.sqrt(one.blur_mm**2 + penumbra_mm**2)

    def reference_photons(self, scan: ScanSettings) -> torch.Tensor:
        """N0: photons on an unbinned bin in a view at `REFERENCE_KV`, 0-d."""
        charge_mas = self.tube_ma(scan) * scan.exposure_ms / 1e3
        return self.instrument.photons_per_mas * charge_mas / scan.views

    def masses(self, slices: torch.Tensor, scan: ScanSettings) -> torch.Tensor:
        """Line integrals of the densities.

        Parameters
        ----------
        slices
            (B, 2, n, n) water and bone, g/cm^3.

        Returns
        -------
        Tensor
            (B, 2, views, rays) g/cm^2; a whole number of rays a bin, no farther apart than the
            slice's samples.
        """
        rays = self._rays(slices.shape[-1])
        return line_integrals(slices, scan.angles, rays, self.instrument.width_mm / 10)

    def transmitted(self, masses: torch.Tensor, scan: ScanSettings) -> torch.Tensor:
        """Share of the reference's photons that reaches the detector unscattered.

        Parameters
        ----------
        masses
            (B, 2, ...) g/cm^2.

        Returns
        -------
        Tensor
            (B, ...).
        """
        spectrum = self.spectrum(scan)
        mu = torch.stack(
            [mass_attenuation(name, spectrum.energy_kev) for name in ("water", "bone")]
        ).to(masses)
        total = torch.zeros_like(masses[:, 0])
        for k, weight in enumerate(spectrum.weight.to(masses).unbind()):
            total = total + weight * torch.exp(-mu[0, k] * masses[:, 0] - mu[1, k] * masses[:, 1])
        return total

    def scatter_ratio(self, mean_mass: torch.Tensor) -> torch.Tensor:
        """Scattered over primary photons behind this much sample, g/cm^2."""
        one = self.instrument
        return one.scatter_per_cm2 * one.beam_height_mm / 10 * mean_mass

    def counts(self, masses: torch.Tensor, scan: ScanSettings) -> torch.Tensor:
        """Compute the expected counts of every bin from the line integrals.

        Parameters
        ----------
        masses
            (B, 2, views, rays) g/cm^2, as of `masses`.

        Returns
        -------
        Tensor
            (B, views, bins // binning); bins left over are dropped.
        """
        one = self.instrument
        primary = self.transmitted(masses, scan)
        ratio = self.scatter_ratio(masses.sum(dim=1).mean(dim=-1, keepdim=True))
        scattered = ratio * primary.mean(dim=-1, keepdim=True)
        rays_per_bin = primary.shape[-1] // one.bins
        ray_mm = one.bin_mm / rays_per_bin
        light = torch.clamp(_blurred(primary, self.blur_mm(scan) / ray_mm, ray_mm), min=0)
        group = rays_per_bin * scan.binning
        kept = primary.shape[-1] // group * group
        share = (light + scattered)[..., :kept]
        binned = share.reshape(*share.shape[:-1], -1, group).sum(dim=-1)
        result: torch.Tensor = binned * (self.reference_photons(scan) / rays_per_bin).to(binned)
        return result

    def expected_counts(self, slices: torch.Tensor, scan: ScanSettings) -> torch.Tensor:
        """Compute the expected counts of every bin.

        Parameters
        ----------
        slices
            (B, 2, n, n) water and bone, g/cm^3; their dtype and device are those of the result.
            Memory: in groups of 64 MB, or one slice if that is more, about 60 bytes for each view
            and ray, beside the projector's own.
        scan
            The settings.

        Returns
        -------
        Tensor
            (B, views, bins // binning).
        """
        rays = self._rays(slices.shape[-1])
        return by_groups(
            lambda some: self.counts(self.masses(some, scan), scan),
            slices,
            _BYTES_PER_RAY * scan.views * rays,
        )

    def _rays(self, samples: int) -> int:
        """Rays of a view: a whole number a bin, no farther apart than a slice's samples."""
        return self.instrument.bins * ceil(samples / self.instrument.bins)


def scan_settings(settings: Numbers) -> ScanSettings:
    """Take the settings from canonical names; numbers may be tensors with gradients."""
    return ScanSettings(
        views=int(settings["gantry.views"]),
        spacing=str(settings["gantry.spacing"]),
        binning=int(settings["detector.binning"]),
        start_deg=number(settings, "gantry.start_deg"),
        arc_deg=number(settings, "gantry.arc_deg"),
        current_ma=number(settings, "source.current_ma"),
        voltage_kv=number(settings, "source.voltage_kv"),
        exposure_ms=number(settings, "detector.exposure_ms"),
        holds_kerma=settings["source.control"] == "kerma",
    )


def _blurred(light: torch.Tensor, sigma: torch.Tensor, ray_mm: float) -> torch.Tensor:
    """Blur along the last axis, in rays; beyond the ends is what is at the ends."""
    pad = ceil(_PAD_MM / ray_mm)
    ends = (light[..., :1], light[..., -1:])
    left, right = (end.expand(*end.shape[:-1], pad) for end in ends)
    wide = torch.cat([left, light, right], dim=-1)
    size = wide.shape[-1]
    frequency = torch.fft.rfftfreq(size, dtype=light.dtype, device=light.device)
    transfer = torch.exp(-2 * (pi * frequency * sigma.to(light)) ** 2)
    result: torch.Tensor = torch.fft.irfft(torch.fft.rfft(wide) * transfer, n=size)
    return result[..., pad : pad + light.shape[-1]]
