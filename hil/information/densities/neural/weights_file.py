"""Weights of all folds in a file that loads without running code."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch

from hil.errors import InputError
from hil.information.densities.neural.network import Network, NetworkShape
from hil.information.densities.neural.training import Weights

_FORMAT = "hil pixelcnn 1"


def save_weights(path: str | Path, shape: NetworkShape, folds: Mapping[int, Weights]) -> None:
    """Write the state dicts of all folds.

    Parameters
    ----------
    path
        Replaced if it is there.
    shape
        Of the networks.
    folds
        Fold to state dict.
    """
    content = {
        "format": _FORMAT,
        "shape": asdict(shape),
        "folds": {fold: dict(weights) for fold, weights in folds.items()},
    }
    torch.save(content, path)


def load_weights(path: str | Path) -> tuple[NetworkShape, dict[int, Weights]]:
    """Read what `save_weights` wrote, with ``weights_only=True``.

    Raises
    ------
    InputError
        Where the file is not such a file or was damaged.
    """
    where = str(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise InputError(where, "", error.strerror or str(error)) from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError):
        raise InputError(where, "", "does not hold weights that save_weights wrote") from None
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise InputError(where, "", f"does not hold weights of the format {_FORMAT!r}")
    shape = NetworkShape(**content["shape"])
    wanted = {
        name: value.shape for name, value in Network(shape, torch.Generator()).state_dict().items()
    }
    folds: dict[int, Weights] = content["folds"]
    for fold, weights in folds.items():
        if {name: value.shape for name, value in weights.items()} != wanted:
            raise InputError(where, f"folds.{fold}", "does not fit the network's shape")
    return shape, folds
