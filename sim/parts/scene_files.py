"""Scenes by name, or from the user's own files beside ``rig.toml``."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator

from drivers.errors import ConfigError
from drivers.given import MOST_NUMBERS_BYTES, ordinary_file


class WithScene(Protocol):
    """Options that name a scene."""

    @property
    def scene(self) -> str:
        """Name or path."""
        ...

    def model_copy(self, *, update: dict[str, Any]) -> Self:
        """Return a copy with other values."""
        ...


Options = TypeVar("Options", bound=WithScene)


def known_scene(scene: str, names: Collection[str], ending: str = ".npy") -> str:
    """Return a scene's name, or the path of a file with this ending.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if scene not in names and not scene.endswith(ending):
        raise ValueError(f"one of {', '.join(names)}, or the path of a {ending} file")
    return scene


def load_numbers(path: Path) -> NDArray[Any]:
    """Read an array of finite real numbers from a .npy file.

    Raises
    ------
    ValueError
        If that is not what the file holds.
    OSError
        If it cannot be read.
    """
    try:
        array = np.load(ordinary_file(path, MOST_NUMBERS_BYTES), allow_pickle=False)
    except EOFError as problem:
        raise ValueError("the file is empty") from problem
    if not isinstance(array, np.ndarray):
        array.close()
        raise ValueError("a .npy file holds one array; this is an archive of several")
    if array.dtype.kind not in "uif":
        raise ValueError(f"a scene holds real numbers, not {array.dtype} {array.shape}")
    if not array.size or not np.isfinite(array).all():
        raise ValueError("a scene holds numbers that are finite, one at least")
    return array


def load_plane(path: Path) -> NDArray[np.float32]:
    """Read an array of two axes, finite real numbers, from a .npy file.

    Raises
    ------
    ValueError, OSError
        As `load_numbers`; or for another number of axes.
    """
    scene = load_numbers(path)
    if scene.ndim != 2:
        raise ValueError(f"a scene has two axes, not {scene.shape}")
    plane: NDArray[np.float32] = scene.astype(np.float32)
    return plane


def scene_name(names: Collection[str], ending: str = ".npy") -> AfterValidator:
    """Make what an option's annotation says of a scene: see `known_scene`."""
    return AfterValidator(lambda scene: known_scene(scene, names, ending))


def checked_file(key: str, name: str, folder: Path, load: Callable[[Path], object]) -> str:
    """Find a file beside ``rig.toml`` and read it, so that what is wrong with it is said at once.

    Returns
    -------
    str
        Its path.

    Raises
    ------
    ConfigError
        For a file that cannot be used, with the key that names it.
    """
    path = folder / name
    try:
        load(path)
    except (OSError, ValueError, BadZipFile) as problem:
        words = getattr(problem, "strerror", None) or problem  # without the path again
        raise ConfigError(key, f"{path}: {words}") from problem
    return str(path)


def find_scene(
    options: Options, names: Collection[str], folder: Path, load: Callable[[Path], object]
) -> Options:
    """Make the path of a scene's file absolute, and check it; a name stays as it is.

    Raises
    ------
    ConfigError
        For a scene file that cannot be used.
    """
    if options.scene in names:
        return options
    return options.model_copy(update={"scene": checked_file("scene", options.scene, folder, load)})
