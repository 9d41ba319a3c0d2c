"""From what a file or a command line says of the noise to the model of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

from hil.errors import InputError
from hil.frames.files import read_frames
from hil.noise.camera import CameraNoise
from hil.noise.dual_gain import DualGainNoise
from hil.noise.emccd import EmccdNoise
from hil.noise.gaussian import GaussianNoise
from hil.noise.gaussian_map import GaussianMapNoise
from hil.noise.model import FlattenedNoise, NoiseModel
from hil.noise.poisson import PoissonNoise
from hil.noise.xray import XrayNoise
from hil.spec.base import Spec
from hil.spec.noise import (
    CameraNoiseSpec,
    DualGainNoiseSpec,
    EmccdNoiseSpec,
    GaussianNoiseSpec,
    NoiseSpec,
    PoissonNoiseSpec,
    XrayNoiseSpec,
)

_MODELS: Mapping[type[Spec], Callable[..., Any]] = {
    GaussianNoiseSpec: GaussianNoise,
    PoissonNoiseSpec: PoissonNoise,
    CameraNoiseSpec: CameraNoise,
    DualGainNoiseSpec: DualGainNoise,
    EmccdNoiseSpec: EmccdNoise,
    XrayNoiseSpec: XrayNoise,
}


def noise_specs() -> dict[str, type[Spec]]:
    """All kinds there are, each with the class that knows its keys."""
    return {get_args(spec.model_fields["kind"].annotation)[0]: spec for spec in _MODELS}


def build_noise(spec: NoiseSpec, folder: Path) -> NoiseModel | FlattenedNoise:
    """Build the noise model that ``spec`` describes.

    Parameters
    ----------
    folder
        What the names of files are relative to.

    Raises
    ------
    InputError
        Naming the key: values that do not go together, a map that cannot be read.
    """
    if isinstance(spec, GaussianNoiseSpec) and spec.sigma_file is not None:
        return _gaussian_map(folder / spec.sigma_file)
    model = _MODELS[type(spec)]
    built: NoiseModel = model(**spec.model_dump(exclude={"kind"}, exclude_none=True))
    return built


def _gaussian_map(path: Path) -> GaussianMapNoise:
    try:
        sigma_adu = read_frames(path)
        if sigma_adu.ndim != 2 or sigma_adu.dtype.kind not in "uif":
            raise InputError(
                path,
                "",
                f"holds {sigma_adu.dtype} values of shape {sigma_adu.shape}; "
                "allowed: numbers, (height, width)",
            )
        return GaussianMapNoise(sigma_adu)
    except InputError as error:
        raise InputError("noise", "sigma_file", f"{path}: {error.problem}") from None
