"""Which simulated rig is the model, and whether it can be: before anything moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from drivers.errors import ConfigError
from drivers.protocol import Device
from drivers.types import Value
from hil.errors import InputError
from hil.records.knowledge import ModelText
from hil.rig.driver_kinds import BUILT_IN, driver_kind
from hil.spec import ModelSampler, RigFile, RigSpec, SearchAxis, SessionFile, load_rig_file
from hil.spec.load import input_error, parse
from sim.parts.devices import SimulatedDevice
from sim.parts.rig import SimulatedKind
from sim.parts.unknown import FittedKind

if TYPE_CHECKING:
    from hil.calibration.rig_noise import RigNoise
    from sim.parts.unknown import SceneOptics

_KEY = "sampler.model"


@dataclass(frozen=True, slots=True)
class Model:
    """A simulated rig whose unknowns are to be fitted.

    Parameters
    ----------
    name
        Of its file.
    camera
        Label of its camera.
    optics
        What may be unknown of it.
    known
        All of its settings, as they are when it is set up.
    """

    name: str
    camera: str
    optics: SceneOptics
    known: dict[str, Value]


def check_model(file: SessionFile) -> ModelText | None:
    """Find the model of a session; None for other samplers.

    Raises
    ------
    InputError
        There is none, or it cannot be fitted.
    """
    sampler = file.spec.sampler
    if not isinstance(sampler, ModelSampler):
        return None
    if sampler.model is None:
        own = file.rig
        kinds = ", ".join(driver.kind for driver in own.spec.driver)
        if not all(_is_simulated(_kind(one.kind)) for one in own.spec.driver):
            raise InputError(
                file.path,
                _KEY,
                f"missing: {own.path.name} is not simulated ({kinds}), allowed: the file of a"
                " simulated rig like it",
            )
    else:
        path = file.path.parent / sampler.model
        if not path.is_file():
            raise InputError(file.path, _KEY, f"{sampler.model!r} is no file in {path.parent}")
        own = load_rig_file(path)
    # where the rig is its own model, what its file says of the aberration is the truth
    itself = own.path.resolve() == file.rig.path.resolve() or own.text == file.rig.text
    found = ModelText(own.text, str(own.path), itself=itself)
    model_of(found)
    return found


def check_axes(model: ModelText, axes: Sequence[SearchAxis], where: Path) -> None:
    """Refuse to search what the model cannot correct.

    Raises
    ------
    InputError
    """
    optics = model_of(model).optics
    allowed = list(optics.correction([one.start for one in optics.unknowns]))
    for i, axis in enumerate(axes):
        problem = ""
        if axis.setting not in allowed:
            problem = (
                f"{axis.setting} is nothing that the model corrects, allowed: {', '.join(allowed)}"
            )
        elif axis.choices is not None:
            problem = f"{axis.setting} has choices, and the model corrects ranges"
        if problem:
            raise InputError(where, f"search.{i}.setting", f"sampler.kind = 'model': {problem}")


def check_noise(noise: RigNoise, where: Path) -> None:
    """Refuse a noise model that frames cannot be weighed by.

    Raises
    ------
    InputError
    """
    if not hasattr(noise.model, "mean_variance_adu2"):
        raise InputError(
            where,
            "noise",
            f"{type(noise.model).__name__} cannot be fitted with, and sampler.kind = 'model' fits"
            " frames, allowed: noise without maps, kind = 'camera' say",
        )


def check_lit(stored: ModelText, stood: Mapping[str, Value]) -> None:
    """Refuse a model that is dark where the session's settings stand: its frames tell nothing.

    Parameters
    ----------
    stood
        Settings that no trial moves.

    Raises
    ------
    InputError
    """
    from hil.twin.advice.expected import light_of

    model = model_of(stored)
    everything = {**model.known, **stood}
    settings = {name: everything[name] for name in model.optics.settings}
    if not light_of(model.optics, settings) > 0:
        told = ", ".join(f"{name} = {value!r}" for name, value in list(settings.items())[:2])
        raise InputError(
            stored.path, "setup", f"the model is dark at {told}, allowed: a [setup] that lights it"
        )


def model_of(stored: ModelText) -> Model:
    """Open what a session keeps of its model; nothing connects.

    Raises
    ------
    InputError
        It is not one simulated rig of a kind that can be fitted.
    """
    path = Path(stored.path)
    file = RigFile(parse(RigSpec, stored.text, path), stored.text, path)
    optics, known = open_optics(file)
    if not optics.steers:
        kind = file.spec.driver[0].kind
        allowed = "'sim.microscope', 'slm.simulated'"
        problem = f"{kind!r} can be fitted, but no search be led by it, allowed: {allowed}"
        raise InputError(path, "driver.0.kind", problem)
    if stored.itself:
        optics.unknowns = tuple(
            replace(one, start=min(max(0.0, one.low), one.high)) for one in optics.unknowns
        )
    return Model(path.name, file.spec.camera, optics, {**known, **file.spec.setup})


def open_optics(file: RigFile) -> tuple[SceneOptics, dict[str, Value]]:
    """Give what may be unknown of a rig file's rig, and all settings as they are at rest.

    Raises
    ------
    InputError
        It is not one simulated rig of a kind that can be fitted.
    """
    if len(file.spec.driver) != 1:
        raise InputError(
            file.path, "driver", f"{len(file.spec.driver)} drivers, allowed: one simulated rig"
        )
    name = file.spec.driver[0].kind
    try:
        kind = driver_kind(name)
    except KeyError as error:
        raise InputError(file.path, "driver.0.kind", str(error.args[0])) from None
    if not _can_be_fitted(kind):
        raise InputError(
            file.path, "driver.0.kind", f"{name!r} cannot be fitted, allowed: {_fitted_kinds()}"
        )
    options = _options(kind, file)
    assert kind.optics is not None
    try:
        optics = kind.optics(options)
    except ValueError as error:
        raise InputError(file.path, "driver.0", str(error)) from None
    connection = kind.open(options)
    known: dict[str, Value] = {}
    for device in connection.devices.values():
        known |= _present(device)
    connection.close()
    return optics, known


def _kind(name: str) -> object:
    try:
        return driver_kind(name)
    except KeyError:  # the rig says so, where it is opened
        return None


def _is_simulated(kind: object) -> bool:
    return isinstance(kind, SimulatedKind) or _can_be_fitted(kind)


def _can_be_fitted(kind: object) -> TypeGuard[FittedKind]:
    return isinstance(kind, FittedKind) and kind.optics is not None


def _present(device: Device) -> Mapping[str, Value]:
    if isinstance(device, SimulatedDevice):
        return device.present()
    return {one.name: device.read(one.name) for one in device.describe()}


def _options(kind: FittedKind, file: RigFile) -> Any:
    from pydantic import ValidationError

    table = file.spec.driver[0].options
    try:
        return kind.options(table, file.path.parent)
    except ValidationError as error:
        raise input_error(error, file.path, table, "driver.0") from None
    except ConfigError as error:
        raise InputError(file.path, f"driver.0.{error.key}", error.problem) from None


def _fitted_kinds() -> str:
    simulated = [
        name for name in BUILT_IN if name.startswith("sim.") or name.endswith(".simulated")
    ]
    return ", ".join(name for name in simulated if _can_be_fitted(driver_kind(name)))
