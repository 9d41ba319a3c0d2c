"""Which pixels of a stream's frames are used: the rectangle around them, and its whole patches."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hil.errors import InputError
from hil.information.sample.choose import smaller_patches
from hil.information.sample.patches import check_mask, cut_at, patch_corners
from hil.information.sample.prepare import box_of


@dataclass(frozen=True)
class Region:
    """Usable pixels of frames of one size.

    Parameters
    ----------
    box
        Rows and columns of the smallest rectangle that holds them.
    usable
        (h, w) which pixels of the rectangle they are; None for all.
    corners
        (k, 2) top and left, in the rectangle, of the patches that hold no other pixels; None where
        patches tile the whole of it.
    """

    box: tuple[slice, slice]
    usable: NDArray[np.bool_] | None
    corners: NDArray[np.intp] | None

    @classmethod
    def of(cls, mask: ArrayLike, height: int, width: int, p: int) -> Region:
        """Find the region of a mask for frames of this size.

        Raises
        ------
        InputError
            Where the mask is of another size, or leaves no patch.
        """
        whole = check_mask(mask, height, width)
        box = box_of(whole)
        usable = whole[box]
        if usable.all():
            return cls(box, None, None)
        try:
            corners = patch_corners(usable.shape[0], usable.shape[1], p, mask=usable)
        except InputError as error:
            raise InputError(
                "mask", "", f"leaves no patch of {p} x {p} pixels; {smaller_patches(usable, p, 1)}"
            ) from error
        return cls(box, usable, corners)

    @property
    def n_pixels(self) -> int:
        """How many pixels may be used."""
        rows, columns = self.box
        if self.usable is None:
            return int((rows.stop - rows.start) * (columns.stop - columns.start))
        return int(self.usable.sum())

    def cropped(self, frames: NDArray[Any]) -> NDArray[Any]:
        """Cut frames (..., H, W) to the rectangle."""
        return frames[..., *self.box]

    def patches(self, frames: NDArray[Any], p: int) -> NDArray[Any]:
        """Cut the patches from frames (n, h, w) of the rectangle: (n * k, p, p)."""
        assert self.corners is not None  # else the frames are used whole
        return cut_at(frames, p, self.corners).reshape(-1, p, p)


def mask_in_words(mask: NDArray[np.bool_] | None) -> str:
    """Say which pixels a mask leaves, so that two masks read alike only where they are."""
    if mask is None:
        return "all pixels"
    return f"{int(mask.sum())} usable pixels ({zlib.crc32(np.packbits(mask).tobytes()):08x})"
