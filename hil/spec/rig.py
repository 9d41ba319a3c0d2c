"""What ``rig.toml`` may say."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from hil.spec.base import Number, SettingName, Settings, SettingValue, Spec
from hil.spec.calibrate import CalibratedNoiseSpec, CalibrateSpec, implied_kind
from hil.spec.light import DoseSpec, Optics
from hil.spec.noise import NoiseAt, NoiseSpec

RigNoiseSpec: TypeAlias = Annotated[
    NoiseSpec | CalibratedNoiseSpec, Field(discriminator="kind"), BeforeValidator(implied_kind)
]

StrictNumber: TypeAlias = StrictInt | StrictFloat


class DriverSpec(Spec):
    """One ``[[driver]]`` table; beside ``kind`` it holds the driver's own options.

    Parameters
    ----------
    kind
        Registered name of the driver, ``"micromanager"`` or ``"sim.microscope"`` say.
    """

    model_config = ConfigDict(extra="allow")

    kind: str = Field(min_length=1)

    @property
    def options(self) -> dict[str, Any]:
        """The driver's own keys, unchecked: the driver checks them."""
        return dict(self.model_extra or {})


class Limit(Spec):
    """What the rig's owner allows for one setting: tighter than the device's own limits.

    Parameters
    ----------
    low, high
        Inclusive bounds in the setting's unit.
    choices
        The allowed values of a setting with choices.
    settle_ms
        Wait this long after the device says that it has settled.
    timeout_s
        A device that has not settled by then is stopped, and the trial fails.
    approach
        The side from which a target is always approached, against backlash.
    backlash
        Slack in the setting's unit; without it, what the driver says.
    tolerance
        How far a read-back may lie from the request, in the setting's unit; without it, what the
        driver says. Beyond it the trial fails.
    max_step
        The largest change of one command, in the setting's unit; larger ones are divided.
    slew_per_s
        The fastest change, in the setting's unit a second.
    """

    low: Number | None = None
    high: Number | None = None
    choices: tuple[SettingValue, ...] | None = Field(default=None, min_length=1)
    settle_ms: Number = Field(default=0, ge=0, le=600_000)
    timeout_s: Number = Field(default=10, gt=0, le=3600)
    approach: Literal["rising", "falling", "any"] = "rising"
    backlash: Number | None = Field(default=None, ge=0)
    tolerance: Number | None = Field(default=None, ge=0)
    max_step: Number | None = Field(default=None, gt=0)
    slew_per_s: Number | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low = {self.low:g} is above high = {self.high:g}")
        if self.choices is not None and (self.low is not None or self.high is not None):
            raise ValueError("give either choices or low and high")
        return self


class LimitsTogether(Spec):
    """A bound on several settings at once, the summed stroke of a deformable mirror say.

    Parameters
    ----------
    settings
        Numeric settings, at least two.
    rule
        ``"sum_abs"`` the sum of magnitudes, ``"sum"``, or ``"norm"`` the root of the summed
        squares.
    high
        The largest allowed value of it.
    low
        The smallest allowed value; only for ``"sum"``.
    """

    settings: tuple[SettingName, ...] = Field(min_length=2)
    rule: Literal["sum_abs", "sum", "norm"]
    high: Number
    low: Number | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if len(set(self.settings)) < len(self.settings):
            raise ValueError("a setting is named twice")
        if self.rule != "sum" and self.low is not None:
            raise ValueError("low goes with rule = 'sum' alone")
        if self.rule != "sum" and self.high < 0:
            raise ValueError(
                f"high = {self.high:g} cannot be met by {self.rule}, allowed: 0 or more"
            )
        if self.low is not None and self.low > self.high:
            raise ValueError(f"low = {self.low:g} is above high = {self.high:g}")
        return self


class MatrixLimit(Spec):
    """A bound on what settings do together: the actuators behind a mirror's modes, say.

    ``|B z + flat| <= max`` for every row of B, with z the values of the settings.

    Parameters
    ----------
    settings
        z, numeric settings.
    matrix
        B, one row for each actuator and one column for each setting: rows of numbers, or the name
        of an .npy file beside the rig file.
    max
        The largest magnitude allowed; a number for all rows, one for each, or an .npy file.
    flat
        What the actuators are at when all settings are 0; likewise.
    """

    settings: tuple[SettingName, ...] = Field(min_length=1)
    matrix: tuple[tuple[StrictNumber, ...], ...] | StrictStr
    max: StrictNumber | tuple[StrictNumber, ...] | StrictStr
    flat: StrictNumber | tuple[StrictNumber, ...] | StrictStr = 0.0

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len(set(self.settings)) < len(self.settings):
            raise ValueError("a setting is named twice")
        return self


class Interlock(Spec):
    """A setting that must read back as stated while anything is sent or exposed.

    Parameters
    ----------
    setting
        What is read, a door switch or a temperature say.
    low, high
        Inclusive bounds for a number.
    choices
        Allowed values otherwise.
    """

    setting: SettingName
    low: Number | None = None
    high: Number | None = None
    choices: tuple[SettingValue, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.low is None and self.high is None and self.choices is None:
            raise ValueError("give low, high or choices")
        if self.choices is not None and (self.low is not None or self.high is not None):
            raise ValueError("give either choices or low and high")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low = {self.low:g} is above high = {self.high:g}: always open")
        return self


class ParkStep(Spec):
    """One step of the way to the safe state; steps run in the order of the file."""

    set: Settings = Field(min_length=1)


_NOISE: TypeAdapter[NoiseSpec] = TypeAdapter(NoiseSpec)


class RigSpec(Spec):
    """A rig: devices with limits, a safe state and what is known of the camera's noise.

    Parameters
    ----------
    name
        By this name one process at a time holds the rig.
    camera
        Label of the device that takes the frames; without it the rig can be checked, moved and
        parked, and takes none.
    driver
        How the devices are reached.
    noise
        The camera's noise model; needed for sessions.
    noise_at
        What of it differs where the camera is set otherwise: gain modes, binning.
    calibrate
        The recipe of ``hil calibrate``.
    dose
        How much light reaches the sample, and when.
    optics
        The size of a pixel at the sample.
    frame_timeout_s
        How much later than its exposure a frame may come.
    call_timeout_s
        How long a device may take to answer, or longer than its own time-out to settle or to give a
        frame; then it counts as hanging, the rig is parked without it, and the session ends.
    open_timeout_s
        The same for opening a driver.
    limits, limits_together, limits_matrix, interlock
        What no command may leave.
    setup
        Settings applied once after connecting, before anything is measured.
    park
        The safe state, light first.
    record
        Settings read with every trial beside those that it moves: temperatures, humidity, what a
        simulated rig computes of itself.
    """

    spec_version: Literal[1] = 1
    name: str = Field(min_length=1, max_length=200)
    camera: str = ""
    driver: tuple[DriverSpec, ...] = Field(min_length=1)
    noise: RigNoiseSpec | None = None
    noise_at: tuple[NoiseAt, ...] = ()
    calibrate: CalibrateSpec | None = None
    dose: DoseSpec | None = None
    optics: Optics | None = None
    frame_timeout_s: Number = Field(default=10, gt=0, le=3600)
    call_timeout_s: Number = Field(default=5, gt=0, le=3600)
    open_timeout_s: Number = Field(default=120, gt=0, le=3600)
    limits: dict[SettingName, Limit] = Field(default_factory=dict)
    limits_together: tuple[LimitsTogether, ...] = ()
    limits_matrix: tuple[MatrixLimit, ...] = ()
    interlock: tuple[Interlock, ...] = ()
    setup: Settings = Field(default_factory=dict)
    park: tuple[ParkStep, ...] = ()
    record: tuple[SettingName, ...] = ()

    @model_validator(mode="after")
    def _within_own_limits(self) -> Self:
        tables = [("setup", self.setup)]
        tables += [(f"park.{i}.set", step.set) for i, step in enumerate(self.park)]
        for where, table in tables:
            for name, value in table.items():
                limit = self.limits.get(name)
                problem = outside(limit, value) if limit else ""
                if problem:
                    raise ValueError(f'{where}."{name}" = {value!r} {problem}')
        return self

    @model_validator(mode="after")
    def _noise_elsewhere(self) -> Self:
        stated = [entry for entry in self.noise_at if entry.calibration is None]
        if self.noise_at and self.noise is None:
            raise ValueError("noise_at: changes what [noise] states, which is missing")
        if stated and isinstance(self.noise, CalibratedNoiseSpec):
            raise ValueError("noise_at: changes what [noise] kind = ... states, which is missing")
        for i, entry in enumerate(self.noise_at):
            if entry.calibration is not None:
                continue
            if not entry.changes:
                raise ValueError(f"noise_at.{i}: changes nothing; allowed: keys of [noise]")
            try:
                self.noise_under((i,))
            except ValidationError as error:
                first = error.errors()[0]
                key = ".".join(str(part) for part in first["loc"][1:])
                raise ValueError(f"noise_at.{i}.{key}: {first['msg']}") from None
        return self

    def noise_under(self, entries: tuple[int, ...]) -> NoiseSpec:
        """Give the stated noise where so many entries of `noise_at` hold; the last one wins."""
        assert self.noise is not None
        stated = self.noise.model_dump(exclude_none=True)
        for i in entries:
            stated |= self.noise_at[i].changes
        return _NOISE.validate_python(stated)


def outside(limit: Limit, value: float | int | str) -> str:
    """Say how a value leaves a limit; empty if it does not."""
    if limit.choices is not None:
        return "" if value in limit.choices else f"is none of {list(limit.choices)}"
    if isinstance(value, str):
        return ""
    if limit.low is not None and value < limit.low:
        return f"is below the rig's limit {limit.low:g}"
    if limit.high is not None and value > limit.high:
        return f"is above the rig's limit {limit.high:g}"
    return ""
