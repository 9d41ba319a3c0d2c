"""The picture of a check of modes: what each does to the frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from drivers.types import Floats
from hil.errors import InputError
from hil.report.drawing import short, style

_COLUMNS = 4


def draw_modes(names: Sequence[str], words: Sequence[str], responses: Floats, path: Path) -> None:
    """Draw the odd response of each mode, its name and what was found above it.

    Parameters
    ----------
    names, words
        Of each mode.
    responses
        (modes, height, width), shares of the mean per unit.
    path
        A ``.png`` file.

    Raises
    ------
    InputError
        Where it cannot be written.
    """
    columns = min(_COLUMNS, len(names))
    rows = -(-len(names) // columns)
    with style(), mpl.rc_context({"font.size": 8}):
        figure = Figure(figsize=(3 * columns, 3.2 * rows), layout="constrained")
        axes = np.atleast_1d(figure.subplots(rows, columns)).ravel()
        for axis in axes:
            axis.set_axis_off()
        for axis, name, said, response in zip(axes, names, words, responses, strict=False):
            most = max(float(np.quantile(np.abs(response), 0.995)), 1e-12)
            axis.imshow(response, cmap="RdBu_r", vmin=-most, vmax=most)
            axis.set_title(f"{short(name, 24)}\n{said}", loc="left")
        figure.suptitle("change of the frames with each mode, up less down", x=0.01, ha="left")
        try:
            figure.savefig(path, dpi=120)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError("--plot", str(path), f"cannot be written: {reason}") from None
