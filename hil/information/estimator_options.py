"""An estimator by name with options from words: ``steps=1000``."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from hil.errors import InputError, nearest
from hil.information.estimators import PatchEstimator, find_estimator

if TYPE_CHECKING:
    from hil.information.densities.neural.training import TrainingProgress

_NETWORK = ("features", "layers", "units", "components", "reach")


def estimator_with(
    name: str,
    options: Mapping[str, str],
    told: Callable[[TrainingProgress], None] | None = None,
) -> str | PatchEstimator:
    """Find an estimator and set its options: ``pixelcnn`` has some, alone and in ``best+pixelcnn``.

    Parameters
    ----------
    name
        Of the estimator.
    options
        Words by name: sizes of the network, its schedule, ``device``.
    told
        Hears of the progress of training.

    Returns
    -------
    What `estimate_information` takes.

    Raises
    ------
    InputError
        For an unknown name or option, and a value that cannot be.
    """
    find_estimator(name)
    if name == "pixelcnn":
        return _pixelcnn(options, told)
    if name == "best+pixelcnn":
        from hil.information.estimators.best_with_pixelcnn import best_with

        return best_with(_pixelcnn(options, told))
    if options:
        raise InputError("option", next(iter(options)), f"{name} has no options, pixelcnn has")
    return name


def _pixelcnn(
    options: Mapping[str, str], told: Callable[[TrainingProgress], None] | None
) -> PatchEstimator:
    from hil.information.densities.neural.network import NetworkShape
    from hil.information.densities.neural.training import Schedule
    from hil.information.estimators.pixelcnn import PixelCNN

    shape, schedule = NetworkShape(patch_size=16), Schedule()
    trained = [field.name for field in dataclasses.fields(Schedule)]
    known = [*_NETWORK, *trained, "device"]
    for key in options:
        if key not in known:
            raise InputError("option", key, f"pixelcnn has no such option: {nearest(key, known)}")
    return PixelCNN(
        dataclasses.replace(shape, **_numbers(shape, _NETWORK, options)),
        dataclasses.replace(schedule, **_numbers(schedule, trained, options)),
        device=_device(options.get("device")),
        told=told,
    )


def _numbers(defaults: Any, keys: tuple[str, ...] | list[str], options: Mapping[str, str]) -> Any:
    """Numbers of the type of each default, all above 0."""
    found = {}
    for key in keys:
        if key not in options:
            continue
        kind = type(getattr(defaults, key))
        try:
            number = kind(options[key])
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and number > 0) or (key == "averaging" and number >= 1):
            allowed = "an integer from 1" if kind is int else "a number above 0"
            allowed = "a number between 0 and 1" if key == "averaging" else allowed
            raise InputError("option", key, f"{options[key]!r}; allowed: {allowed}")
        found[key] = number
    return found


def _device(word: str | None) -> str | None:
    if word is None:
        return None
    import torch

    try:
        torch.empty(0, device=word)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError("option", "device", f"{word!r} cannot be used: {reason}") from None
    return word
