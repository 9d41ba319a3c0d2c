"""From a scene and the settings of mask and camera to expected photons: batched, differentiable."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, lcm

import torch

from sim.lensless.mask import MaskPattern, open_diameter_um
from sim.lensless.optics import sampling, seen, spot, transfer
from sim.lensless.settings import MOST_APERTURES, NEAREST_MM, WIDEST_UM
from sim.numerics.batches import by_groups
from sim.numerics.filtered import filtered
from sim.numerics.memo import Last
from sim.numerics.tensors import Numbers, key_of, number, wants_gradient

_SPOT_UM = 60.0  # room around the images for the spot's tail
_BYTES_PER_SAMPLE = 24  # of a view, its spectra and image in single precision
_BLOCK = 64  # sizes of grids are multiples of it, so that few FFT sizes occur


@dataclass(frozen=True, slots=True)
class MaskCamera:
    """What no setting changes.

    Parameters
    ----------
    side_px, pixel_um
        Of the square sensor.
    wavelength_um
        Of the light.
    focal_um
        Of a lenslet.
    radiance
        Photons a second from 1 mm^2 of aperture and 1 mrad^2 of scene at value 1.
    pitch_rad
        Of the scene's samples.
    """

    side_px: int
    pixel_um: float
    wavelength_um: float
    focal_um: float
    radiance: float
    pitch_rad: float

    @property
    def step_um(self) -> float:
        """Distance of samples on the sensor."""
        return self.pixel_um / self.samples_per_pixel

    @property
    def samples_per_pixel(self) -> int:
        """Along each axis."""
        return sampling(self.pixel_um, self.wavelength_um, WIDEST_UM, 1e3 * NEAREST_MM)


@dataclass(frozen=True, slots=True)
class MaskSettings:
    """The mask, as numbers that gradients flow through: 0-d float64 tensors, um.

    `moved_um` is (`MOST_APERTURES`, 2), y and x.
    """

    lenslets: bool
    apertures: int
    diameter_um: torch.Tensor
    spacing_um: torch.Tensor
    irregularity: torch.Tensor
    distance_um: torch.Tensor
    moved_um: torch.Tensor = field(
        default_factory=lambda: torch.zeros((MOST_APERTURES, 2), dtype=torch.float64)
    )

    @property
    def numbers(self) -> tuple[torch.Tensor, ...]:
        """Those that gradients may be asked for."""
        return (
            *(self.diameter_um, self.spacing_um, self.irregularity, self.distance_um),
            self.moved_um,
        )


class LenslessImager:
    """Images through the mask.

    Parameters
    ----------
    instrument
        What no setting changes.
    pattern
        Where the apertures are.
    device
        ``"cpu"``, ``"cuda"``.
    """

    def __init__(self, instrument: MaskCamera, pattern: MaskPattern, device: str = "cpu") -> None:
        self.instrument = instrument
        self._pattern = pattern
        self._device = device
        self._last: Last[torch.Tensor] = Last()

    def grid(self, mask: MaskSettings) -> int:
        """Size the grid, in samples a side: the sensor, and what the outermost apertures see."""
        one = self.instrument
        reach_um = float(self.centres_um(mask).detach().abs().max())
        side_um = one.side_px * one.pixel_um + 2 * (reach_um + self._blur_um(mask))
        block = lcm(_BLOCK, 2 * one.samples_per_pixel)  # a pixel's centre in the middle
        return block * -(-int(side_um / one.step_um) // block)

    def open_diameter_um(self, mask: MaskSettings) -> torch.Tensor:
        """Diameter of each aperture, cut where neighbours touch."""
        return open_diameter_um(self.centres_um(mask), mask.diameter_um)

    def centres_um(self, mask: MaskSettings) -> torch.Tensor:
        """(apertures, 2) y and x of each."""
        return self._pattern.centres_um(
            mask.apertures, mask.spacing_um, mask.irregularity, mask.moved_um
        )

    def transfer(self, mask: MaskSettings, dtype: torch.dtype = torch.float64) -> torch.Tensor:
        """Transfer function of mask and pixels, (n, n // 2 + 1); the last one is remembered.

        It is complex, of the precision of ``dtype``.
        """

        def make() -> torch.Tensor:
            return self._make_transfer(mask, dtype)

        if wants_gradient(*mask.numbers):
            return make()
        return self._last.of((mask.lenslets, mask.apertures, dtype, key_of(*mask.numbers)), make)

    def _make_transfer(self, mask: MaskSettings, dtype: torch.dtype) -> torch.Tensor:
        one, side = self.instrument, self.grid(mask)
        h = spot(
            (side, side),
            one.step_um,
            self.open_diameter_um(mask) / 2,
            mask.distance_um,
            one.wavelength_um,
            one.focal_um if mask.lenslets else float("inf"),
        )
        found = transfer(h.to(dtype), self.centres_um(mask), one.step_um, one.pixel_um)
        return found.to(self._device)

    def photons(
        self,
        scene: torch.Tensor,
        mask: MaskSettings,
        pointing_rad: torch.Tensor,
        exposure_s: torch.Tensor,
    ) -> torch.Tensor:
        """Compute the expected photons of every pixel.

        Parameters
        ----------
        scene
            (height, width) radiance; its dtype is that of the result.
        mask
            The mask.
        pointing_rad
            (B, 2) y and x of each field's centre. Memory: one field at a time, on a card in groups
            of 64 MB, about 24 bytes for each sample of `grid` squared, 25 MB at 1024 samples.
        exposure_s
            0-d.

        Returns
        -------
        Tensor
            (B, side_px, side_px).
        """
        one, side = self.instrument, self.grid(mask)
        offsets_um = (torch.arange(side, dtype=torch.float64) - side // 2) * one.step_um
        angles = offsets_um / mask.distance_um
        h = self.transfer(mask, scene.dtype)
        n, k = one.side_px, one.samples_per_pixel
        # pixels' centres, so that the middle of the sensor lies on the axis
        first = side // (2 * k) - n // 2
        radiance = scene.to(self._device)
        scale = self._photons_per_radiance(mask, exposure_s).to(radiance)

        def some(centres: torch.Tensor) -> torch.Tensor:
            view = seen(radiance, one.pitch_rad, centres, angles)
            pixels = filtered(view, h, k)[:, first : first + n, first : first + n]
            return torch.clamp(pixels, min=0) * scale

        # a processor's cache holds one field; cards take as many as there is room for
        each = inf if self._device == "cpu" else _BYTES_PER_SAMPLE * side**2
        return by_groups(some, pointing_rad, each)

    def _photons_per_radiance(self, mask: MaskSettings, exposure_s: torch.Tensor) -> torch.Tensor:
        """Photons on a pixel from radiance 1 in all directions, 0-d."""
        one = self.instrument
        area_mm2 = mask.apertures * torch.pi * (self.open_diameter_um(mask) / 2000) ** 2
        pixel_mrad2 = (1e3 * one.pixel_um / mask.distance_um) ** 2
        return one.radiance * exposure_s * area_mm2 * pixel_mrad2

    def _blur_um(self, mask: MaskSettings) -> float:
        a = float(mask.diameter_um.detach()) / 2
        d = float(mask.distance_um.detach())
        bend = abs(1 - d / self.instrument.focal_um) if mask.lenslets else 1.0
        return a * bend + _SPOT_UM


def mask_settings(settings: Numbers) -> MaskSettings:
    """Take the mask's settings from canonical names; numbers may be tensors with gradients."""
    return MaskSettings(
        lenslets=settings["mask.element"] == "lenslet",
        apertures=int(settings["mask.apertures"]),
        diameter_um=number(settings, "mask.diameter_um"),
        spacing_um=number(settings, "mask.spacing_um"),
        irregularity=number(settings, "mask.irregularity"),
        distance_um=1e3 * number(settings, "mask.distance_mm"),
        moved_um=torch.stack(
            [
                torch.stack([number(settings, f"mask.{axis}{i}_um") for axis in "yx"])
                for i in range(1, MOST_APERTURES + 1)
            ]
        ),
    )
