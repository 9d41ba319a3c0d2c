"""From dyed scenes and settings to expected photons: batched, differentiable.

rho : density of fluorophores, mean 1, periodic (`sim.microscope.fluorescence.scenes`)
b   : density of an even haze, which is what lies out of focus in a real specimen
D   : dose that a place has had before, uJ; D0 after which 1/e of the light is left
q   : dose of one exposure, power times time, uJ

    photons of a pixel = photons_per_uj q [(rho + b) exp(-D / D0) (1 - exp(-q / D0)) D0 / q * h](x)

h is the point spread function of optics and pixel (`sim.microscope.fluorescence.optics`). A sample
that does not bleach has an infinite D0.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import torch

from sim.microscope.fluorescence.optics import ImageFormation
from sim.microscope.stand.mirror import MIRROR_SETTINGS, MODES
from sim.numerics.batches import by_groups
from sim.numerics.periodic import cut
from sim.numerics.pupil import ObjectiveLens, PupilQuadrature
from sim.numerics.tensors import Numbers, number

GUARDS = (32, 64, 128, 256, 512, 1024)
"""Scene samples around the field, one of these, so that few FFT sizes occur. The smallest is 3.5 um
at the default pitch, beyond which an unaberrated point sends 1 % of its light."""

AIRY_TAIL_UM = 1.0
"""Added to the geometric blur when the guard band is chosen."""

_BYTES_PER_SAMPLE = 24  # of crop, spectra and image in single precision


@dataclass(frozen=True, slots=True)
class FluorescenceMicroscope:
    """What no setting changes.

    Parameters
    ----------
    objective
        NA, wavelength, index.
    shape_px, pixel_um
        Of the camera, (height, width), and of a pixel in the sample.
    aberration_nm
        Hidden, of each of `MODES`, nm rms.
    photons_per_uj
        Photons on a camera pixel from density 1 at a dose of 1 uJ.
    background
        Density of the haze.
    bleaching_dose_uj
        Dose after which 1/e of the light is left; None for a sample that does not bleach.
    blur_um
        Standard deviation of what blurs every image besides optics and pixel.
    """

    objective: ObjectiveLens
    shape_px: tuple[int, int]
    pixel_um: float
    aberration_nm: tuple[float, ...]
    photons_per_uj: float
    background: float
    bleaching_dose_uj: float | None = None
    blur_um: float = 0.0

    @property
    def samples_per_pixel(self) -> int:
        """Scene samples along each side of a pixel."""
        return self.objective.oversampling(self.pixel_um)

    @property
    def pitch_um(self) -> float:
        """Distance of the scene's samples."""
        return self.pixel_um / self.samples_per_pixel


@dataclass(frozen=True, slots=True)
class FluorescenceSettings:
    """Light and optics as 0-d float64 tensors that gradients flow through; `mirror_nm` (modes,)."""

    power_mw: torch.Tensor
    exposure_ms: torch.Tensor
    z_um: torch.Tensor
    mirror_nm: torch.Tensor

    @classmethod
    def of(cls, settings: Numbers) -> FluorescenceSettings:
        """Take them from canonical names; numbers may be tensors with gradients."""
        return cls(
            power_mw=number(settings, "light.power_mw"),
            exposure_ms=number(settings, "camera.exposure_ms"),
            z_um=number(settings, "focus.z_um"),
            mirror_nm=torch.stack([number(settings, name) for name in MIRROR_SETTINGS]),
        )

    @property
    def dose_uj(self) -> torch.Tensor:
        """Light that one exposure brings to the sample."""
        return self.power_mw * self.exposure_ms


class FluorescenceImager:
    """Images of a dyed scene.

    Parameters
    ----------
    instrument
        What no setting changes.
    device
        ``"cpu"``, ``"cuda"``.
    """

    def __init__(self, instrument: FluorescenceMicroscope, device: str = "cpu") -> None:
        self.instrument = instrument
        self.formation = ImageFormation(
            instrument.objective, instrument.pixel_um, MODES, device, instrument.blur_um
        )
        self._device = device
        self._quadrature = PupilQuadrature(instrument.objective, MODES)

    def photons(
        self,
        density: torch.Tensor,
        settings: FluorescenceSettings,
        centres_um: torch.Tensor,
        dose_uj: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Compute the expected photons of every pixel.

        Parameters
        ----------
        density
            (height, width) scene at `FluorescenceMicroscope.pitch_um`; its dtype is that of the
            result.
        settings
            Of light and optics.
        centres_um
            (B, 2) float64, y and x of each field in the scene. Memory: in groups of 64 MB, or one
            field if that is more, 24 bytes for each sample of field and guard band.
        dose_uj
            (height, width) dose that each place has had; None for none, as in samples that do not
            bleach.

        Returns
        -------
        Tensor
            (B, *shape_px). May dip below 0 by rounding.
        """
        scale = self.instrument.photons_per_uj * settings.dose_uj
        return self.images(density, settings, centres_um, dose_uj) * scale.to(density.dtype)

    def images(
        self,
        density: torch.Tensor,
        settings: FluorescenceSettings,
        centres_um: torch.Tensor,
        dose_uj: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """As `photons`, in densities."""
        one = self.instrument
        guard = self.guard(settings)
        samples = [size * one.samples_per_pixel + 2 * guard for size in one.shape_px]

        def some(centres: torch.Tensor) -> torch.Tensor:
            return self._images(density, settings, centres, dose_uj, guard)

        return by_groups(some, centres_um, _BYTES_PER_SAMPLE * samples[0] * samples[1])

    def residual_nm(self, settings: FluorescenceSettings) -> torch.Tensor:
        """Coefficients of hidden aberration and mirror together, (modes,) nm rms."""
        hidden = torch.tensor(self.instrument.aberration_nm, dtype=torch.float64)
        return hidden + settings.mirror_nm

    def strehl(self, settings: FluorescenceSettings) -> float:
        """Light on the axis over that of a perfect wavefront, 0 to 1."""
        return self._quadrature.strehl(
            self.residual_nm(settings).tolist(),
            float(settings.z_um.detach()),
            self.instrument.objective.wavelength_nm,
        )

    def guard(self, settings: FluorescenceSettings) -> int:
        """How many scene samples around the field may send light into it."""
        blur_um = self._quadrature.blur_radius_um(
            self.residual_nm(settings).tolist(), float(settings.z_um.detach())
        )
        wanted = (blur_um + AIRY_TAIL_UM + 3 * self.instrument.blur_um) / self.instrument.pitch_um
        return next((size for size in GUARDS if size >= wanted), GUARDS[-1])

    def _images(
        self,
        density: torch.Tensor,
        settings: FluorescenceSettings,
        centres_um: torch.Tensor,
        dose_uj: torch.Tensor | None,
        guard: int,
    ) -> torch.Tensor:
        one = self.instrument
        step = one.samples_per_pixel
        height, width = (size * step for size in one.shape_px)
        whole, shifts = corners(density.shape, one, centres_um)
        windows = [
            (top - guard, left - guard, height + 2 * guard, width + 2 * guard)
            for top, left in whole.long().tolist()
        ]
        crops = torch.stack([cut(density, *window) for window in windows]).to(self._device)
        haze = one.background
        if one.bleaching_dose_uj is not None:
            # the haze of a bleached place is dimmer there; else it is even, and needs no optics
            crops, haze = crops + haze, 0.0
            if dose_uj is not None:
                had = torch.stack([cut(dose_uj, *window) for window in windows]).to(crops)
                crops = crops * torch.exp(-had / one.bleaching_dose_uj)
            spent = torch.clamp(settings.dose_uj / one.bleaching_dose_uj, min=1e-12)
            crops = crops * (-torch.expm1(-spent) / spent).to(crops.dtype)
        moved = shifts if shifts.requires_grad or bool(shifts.any()) else None
        light = self.formation.image(crops, self.residual_nm(settings), settings.z_um, moved)
        rows, columns = (slice(guard, guard + size, step) for size in (height, width))
        return light[:, rows, columns] + haze


def corners(
    shape: torch.Size, one: FluorescenceMicroscope, centres_um: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Find where each field begins in the scene.

    Parameters
    ----------
    shape
        Of the scene, samples.
    one
        The instrument.
    centres_um
        (B, 2) y and x.

    Returns
    -------
    whole, rest
        (B, 2) float64, samples; `rest` is at least 0 and below 1, and carries gradients.
    """
    pitch_um, step = one.pitch_um, one.samples_per_pixel
    middle = torch.tensor(
        [size / 2 - pixels * step / 2 for size, pixels in zip(shape, one.shape_px, strict=True)],
        dtype=torch.float64,
    )
    place = middle + centres_um / pitch_um
    # 1e-6 of a sample is nothing to the image, and rounding errors must not cost a phase ramp
    whole = (place.detach() + 1e-6).floor()
    rest = place - whole
    return whole, rest * (rest.detach() > 1e-6)


def lit_window(
    one: FluorescenceMicroscope,
    shape: tuple[int, int],
    centre_um: tuple[float, float],
    margin_um: float,
) -> tuple[range, range]:
    """Rows and columns of the scene under the light, before they are taken modulo its size.

    Parameters
    ----------
    one
        The instrument.
    shape
        Of the scene, samples.
    centre_um
        y and x of the field.
    margin_um
        How far the light goes beyond it.
    """
    margin = ceil(margin_um / one.pitch_um)
    whole, _ = corners(torch.Size(shape), one, torch.tensor([centre_um], dtype=torch.float64))
    top, left = whole[0].long().tolist()
    height, width = (size * one.samples_per_pixel for size in one.shape_px)
    return (
        range(top - margin, top + height + margin),
        range(left - margin, left + width + margin),
    )
