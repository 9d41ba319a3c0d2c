"""The photon-transfer plot that a calibration is judged by."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from hil.calibration.photon_transfer.camera_calibration import CameraCalibration
from hil.report.drawing import style

_BLUE, _ORANGE, _GREY = "#0072b2", "#d55e00", "#8c8c8c"
_LINE_CHARACTERS = 110


def save_fit_plot(calibration: CameraCalibration, path: Path) -> None:
    """Draw variance over mean with the fitted line, and what is left of it.

    Parameters
    ----------
    calibration
        Of any quality; problems are written into the picture.
    path
        A file that matplotlib can write: ``.png``, ``.pdf``, ``.svg``.
    """
    with style():
        figure = Figure(figsize=(9, 7), layout="constrained")
        axes = figure.subplot_mosaic("v;r", height_ratios=(3, 1), sharex=True)
        _curve(axes["v"], calibration)
        _departures(axes["r"], calibration)
        if calibration.problems:
            lines = [
                textwrap.fill(f"Not to be trusted: {text}", _LINE_CHARACTERS)
                for text in calibration.problems
            ]
            figure.suptitle("\n".join(lines), color=_ORANGE, x=0.01, ha="left", fontsize=8)
        figure.savefig(path, dpi=120)


def _curve(axis: Any, calibration: CameraCalibration) -> None:
    points, used = calibration.points, calibration.points.used
    for chosen, look in ((used, {"color": _BLUE}), (~used, {"color": _GREY, "mfc": "none"})):
        axis.errorbar(
            points.signal_adu[chosen],
            points.variance_adu2[chosen],
            1.96 * points.variance_sd_adu2[chosen],
            fmt=".",
            lw=0.7,
            label="fitted" if chosen is used else "left out",
            **look,
        )
    lit = points.signal_adu[points.signal_adu > 0]
    low, high = (lit.min(), lit.max()) if lit.size else (1.0, 10.0)
    signal = np.geomspace(max(low, 1e-3 * high), high, 200)
    line = calibration.variance_adu2(signal) - calibration.step_adu**2 / 12
    axis.plot(signal, line, color=_ORANGE, lw=1, label="gain and read noise")
    axis.axhline(calibration.read_noise_adu**2, color=_ORANGE, lw=0.7, ls=":", label="read noise")
    if calibration.saturation_adu is not None:
        end = calibration.saturation_adu - calibration.offset_adu
        axis.axvline(end, color=_GREY, lw=0.7, ls="--", label="saturation")
    axis.set(xscale="log", yscale="log", ylabel="temporal variance, ADU\u00b2")
    axis.set_title("Photon transfer", loc="left")
    axis.text(
        0.98, 0.04, str(calibration), transform=axis.transAxes, family="monospace", ha="right",
        va="bottom", ma="left",
    )  # fmt: skip
    axis.legend(frameon=False)


def _departures(axis: Any, calibration: CameraCalibration) -> None:
    """Draw what the points have over the line of gain and read noise, percent of it."""
    points, used = calibration.points, calibration.points.used
    signal = points.signal_adu[used]
    line = calibration.variance_adu2(signal) - calibration.step_adu**2 / 12
    left = 100 * (points.variance_adu2[used] / line - 1)
    axis.errorbar(
        signal, left, 196 * points.variance_sd_adu2[used] / line, fmt=".", color=_BLUE, lw=0.7
    )
    axis.axhline(0, color=_ORANGE, lw=1)
    axis.set(xlabel="mean above the dark, ADU", ylabel="departure, %")
