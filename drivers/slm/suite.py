"""Modulators through slmsuite, which is imported when one is opened.

==========  ============================================  ===================================
kind        class of slmsuite                             needs
==========  ============================================  ===================================
santec      ``slms.santec.Santec``                        Santec's SDK
meadowlark  ``slms.meadowlark.Meadowlark``                Meadowlark's Blink SDK
holoeye     ``slms.holoeye.Holoeye``                      Holoeye's SLM Display SDK 4
hamamatsu   ``slms.hamamatsu.Hamamatsu``                  Hamamatsu's LCOS-SLM library
screen      ``slms.screenmirrored.ScreenMirrored``        a second screen, and pyglet; Thorlabs'
                                                          Exulus and any other by HDMI
simulated   ``slms.simulated.SimulatedSLM``               nothing
==========  ============================================  ===================================

Levels go to them as they are: slmsuite's own tables, corrections and waiting are left out. What it
holds as displayed is what was last accepted; the electronics are not asked.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import logging
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, Field

from drivers.errors import ConfigError, DeviceFault, DeviceLost, DriverError
from drivers.slm.modulator import ModulatorKind, Panel
from drivers.types import Pixels

INSTALL = 'python -m pip install "hil-imaging[slm]"'
Number = Annotated[int, Field(ge=0, le=1000)]


class SantecOptions(BaseModel, frozen=True, extra="forbid", strict=True):
    """What ``modulator = { kind = "santec" }`` may say: as slmsuite calls it."""

    slm_number: Number = 1
    display_number: Number = 2


class MeadowlarkOptions(BaseModel, frozen=True, extra="forbid", strict=True):
    """What ``modulator = { kind = "meadowlark" }`` may say: as slmsuite calls it."""

    slm_number: Number = 1
    sdk_path: str | None = None
    lut_path: str | None = None


class HoloeyeOptions(BaseModel, frozen=True, extra="forbid", strict=True):
    """What ``modulator = { kind = "holoeye" }`` may say: as slmsuite calls it."""

    preselect: str | None = None


class HamamatsuOptions(BaseModel, frozen=True, extra="forbid", strict=True):
    """What ``modulator = { kind = "hamamatsu" }`` may say: as slmsuite calls it."""

    serial_number: str | None = None


class ScreenOptions(BaseModel, frozen=True, extra="forbid", strict=True):
    """What ``modulator = { kind = "screen" }`` may say: as slmsuite calls it."""

    display_number: Number


class SimulatedPanelOptions(BaseModel, frozen=True, extra="forbid", strict=True):
    """What ``modulator = { kind = "simulated" }`` may say: nothing."""


class SuitePanel:
    """A modulator of slmsuite.

    Parameters
    ----------
    kind
        In the words of errors.
    slm
        The open object.

    Attributes
    ----------
    slm
        As given.
    """

    def __init__(self, kind: str, slm: Any) -> None:
        self.slm = slm
        self._kind = kind
        self._is_open = True
        rows, columns = slm.shape
        self.panel = (int(rows), int(columns), int(slm.bitdepth))
        self.versions: Mapping[str, str] = {"slmsuite": version("slmsuite")}

    def show(self, frame: Pixels) -> None:
        """See `Modulator`."""
        self._require_open()
        with self._words("show"):
            self.slm.set_phase(frame.astype(self.slm.dtype, copy=False), settle=False)

    def shown(self) -> Pixels:
        """Give the frame that was last accepted."""
        self._require_open()
        with self._words("read"):
            display = self.slm.display
            found: Pixels = display.get() if hasattr(display, "get") else np.asarray(display)
            return found

    def close(self) -> None:
        """See `Modulator`."""
        if self._is_open:
            self._is_open = False
            with contextlib.suppress(Exception):
                self.slm.close()

    @contextlib.contextmanager
    def _words(self, action: str) -> Any:
        try:
            yield
        except DriverError:
            raise
        except Exception as error:  # makers' libraries raise what they like
            raise DeviceFault(self._kind, action, _said(error)) from error

    def _require_open(self) -> None:
        if not self._is_open:
            raise DeviceLost(self._kind, "the connection is closed")


def import_slmsuite(module: str) -> Any:
    """Import a module of slmsuite, silently: it warns that there is no GPU.

    Raises
    ------
    ConfigError
        It is not installed.
    """
    if said := needed():
        raise ConfigError("modulator.kind", said)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = importlib.import_module(f"slmsuite.hardware.{module}")
    logger = logging.getLogger("slmsuite")
    for handler in [h for h in logger.handlers if type(h) is logging.StreamHandler]:
        logger.removeHandler(handler)  # it tells of each object on the standard output
    return found


def needed() -> str:
    """Say what has to be installed; empty where slmsuite is there."""
    with contextlib.suppress(ImportError, ValueError):
        if importlib.util.find_spec("slmsuite") is not None:
            return ""
    return f"needs slmsuite: {INSTALL}"


def _open(
    kind: str,
    place: str,
    arguments: Callable[[Any, Panel], Mapping[str, Any]],
    options: BaseModel,
    panel: Panel,
) -> SuitePanel:
    module, _, name = place.partition(":")
    library = import_slmsuite(f"slms.{module}")
    said = {
        key: value
        for key, value in {**options.model_dump(), **arguments(options, panel)}.items()
        if value is not None
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            slm = getattr(library, name)(wav_um=panel.wavelength_nm / 1e3, **said)
    except ImportError as error:
        raise ConfigError("modulator.kind", f"{kind!r}: {_said(error)}") from error
    except Exception as error:  # makers' libraries raise what they like
        raise DeviceFault(kind, "open", _said(error)) from error
    return SuitePanel(kind, slm)


def _said(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _pitch(panel: Panel) -> dict[str, Any]:
    return {"pitch_um": (panel.pitch_um, panel.pitch_um)}


def _bits(options: BaseModel, panel: Panel) -> Mapping[str, Any]:
    return {"bitdepth": panel.bits, **_pitch(panel)}


def _size(options: BaseModel, panel: Panel) -> Mapping[str, Any]:
    return {"resolution": (panel.width_px, panel.height_px), **_pitch(panel)}


def _its_own(options: BaseModel, panel: Panel) -> Mapping[str, Any]:
    """Nothing: the library asks the modulator."""
    return {}


def _meadowlark(options: MeadowlarkOptions, panel: Panel) -> Mapping[str, Any]:
    paths = {"sdk_path": options.sdk_path, "lut_path": options.lut_path}
    return {k: str(Path(path).expanduser()) for k, path in paths.items() if path}


def _size_and_bits(options: BaseModel, panel: Panel) -> Mapping[str, Any]:
    return {**_size(options, panel), **_bits(options, panel)}


def _kind(
    name: str,
    options: type[BaseModel],
    place: str,
    arguments: Callable[[Any, Panel], Mapping[str, Any]],
    resource: Callable[[Any], str],
) -> ModulatorKind:
    return ModulatorKind(options, partial(_open, name, place, arguments), needed, resource)


SANTEC = _kind(
    "santec", SantecOptions, "santec:Santec", _bits, lambda o: f"slm santec {o.slm_number}"
)
MEADOWLARK = _kind(
    "meadowlark",
    MeadowlarkOptions,
    "meadowlark:Meadowlark",
    _meadowlark,
    lambda o: f"slm meadowlark {o.slm_number}",
)
HOLOEYE = _kind(
    "holoeye", HoloeyeOptions, "holoeye:Holoeye", _its_own, lambda o: f"slm holoeye {o.preselect}"
)
HAMAMATSU = _kind(
    "hamamatsu", HamamatsuOptions, "hamamatsu:Hamamatsu", _size, lambda o: "slm hamamatsu"
)
SCREEN = _kind(
    "screen",
    ScreenOptions,
    "screenmirrored:ScreenMirrored",
    _bits,
    lambda o: f"slm screen {o.display_number}",
)
SIMULATED = _kind(
    "simulated", SimulatedPanelOptions, "simulated:SimulatedSLM", _size_and_bits, lambda o: ""
)
