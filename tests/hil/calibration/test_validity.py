"""What a calibration is tied to, and what is said when that has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import pytest

from drivers.frame import Frame
from drivers.protocol import Kind, Role, Setting
from drivers.types import Value
from hil.calibration.validity import Tie, differences, read_again, read_tie, tied_settings
from hil.errors import SafetyError
from hil.rig.safety import Safety
from hil.spec import CalibrateSpec, RigSpec

RECIPE = {
    "dark": {"set": {"lamp.on": 0}},
    "vary": {"setting": "cam.exposure_ms", "low": 1, "high": 9},
}


class Camera:
    """A camera of settings alone, with a lamp's switch for the dark."""

    def __init__(self, *settings: Setting, values: Mapping[str, Value], serial: str = "") -> None:
        self.label = "cam"
        self.settings = settings
        self.values = dict(values)
        self.serial = serial

    def describe(self) -> tuple[Setting, ...]:
        return self.settings

    def read(self, setting: str) -> Value:
        return self.values[setting]

    def start(self, values: Mapping[str, Value]) -> None:
        self.values.update(values)

    def settle(self, timeout_s: float) -> None: ...

    def stop(self) -> None: ...

    def cancel(self) -> None: ...

    def capture(self, n: int, timeout_s: float) -> Iterator[Frame]:
        yield from ()

    def identity(self) -> Mapping[str, str]:
        return {"serial number": self.serial} if self.serial else {}


class Name(NamedTuple):
    name: str
    tied: bool
    kind: Kind = "int"
    role: Role = "other"
    read_only: bool = False


# Names as Micro-Manager's adapters have them.
NAMES = [
    Name("Gain", True),
    Name("MultiplierGain", True),
    Name("AnalogGain", True),
    Name("Output_Amplifier", True, "choice"),
    Name("Pre-Amp-Gain", True, "choice"),
    Name("ReadoutMode", True, "choice"),
    Name("PixelReadoutRate", True, "choice"),
    Name("ScanMode", True, "choice"),
    Name("Port", True, "choice"),
    Name("BitDepth", True, "choice"),
    Name("PixelType", True, "choice"),
    Name("Binning", True, "choice", "binning"),
    Name("region_x_px", True, "int", "region"),
    Name("TransposeMirrorX", True, "choice"),
    Name("DefectCorrectionEnabled", True, "choice"),
    Name("PP 1 ENABLED", True, "choice"),
    Name("BlackLevel", True, "float"),
    Name("Offset", True),
    Name("SensorCooling", True, "choice"),
    Name("exposure_ms", False, "float", "exposure"),
    Name("TriggerMode", False, "choice"),
    Name("AcquisitionFrameRate", False, "float"),
    Name("FrameRate", False, "float"),
    Name("FanSpeed", False, "choice"),
    Name("Timeout(ms)", False),
    Name("DisplayImageNumber", False, "choice"),
    Name("UseExposureSequences", False, "choice"),
    Name("ActualInterval-ms", False, "float"),
    Name("Gain reading", False, "int", "other", True),
    Name("CCDTemperature", False, "float"),
]


@pytest.mark.parametrize("case", NAMES, ids=lambda case: case.name)
def test_every_setting_of_the_camera_counts_but_time_triggers_and_transport(case: Name) -> None:
    setting = Setting(
        f"cam.{case.name}",
        case.kind,
        choices=(0, 1) if case.kind == "choice" else (),
        role=case.role,
        read_only=case.read_only,
    )
    camera, safety = _rig(setting)
    names = tied_settings(camera, safety, CalibrateSpec.model_validate(RECIPE))
    assert (setting.name in names) is case.tied


def test_the_rig_file_adds_and_takes_away() -> None:
    camera, safety = _rig(Setting("cam.Gain", "int"), Setting("cam.Odd", "int"))
    spec = CalibrateSpec.model_validate(
        {**RECIPE, "tied_to": ["lamp.on"], "not_tied_to": ["cam.Odd"]}
    )
    assert tied_settings(camera, safety, spec) == ("cam.Gain", "lamp.on")
    wrong = CalibrateSpec.model_validate({**RECIPE, "tied_to": ["lamp.off"]})
    with pytest.raises(SafetyError, match="did you mean"):
        tied_settings(camera, safety, wrong)


def test_what_is_read_again_equals_what_was_read() -> None:
    camera, safety = _rig(
        Setting("cam.Gain", "int"), Setting("cam.CCDTemperature", "float", read_only=True)
    )
    tie = read_tie("scope", camera, safety, CalibrateSpec.model_validate(RECIPE))
    assert tie.settings == {"cam.Gain": 0}
    assert tie.temperatures == {"cam.CCDTemperature": 0.0}
    assert differences(tie, read_again(tie, "scope", camera, safety)) == ()
    assert Tie.from_json(tie.to_json()) == tie
    assert not tie.camera_is_known
    camera.serial = "A17"
    assert read_again(tie, "scope", camera, safety).camera_is_known


THEN = Tie(
    "scope", {"serial number": "A17"}, {"cam.Gain": 2, "cam.Mode": "slow"}, {"cam.T": -10.0}, 2
)


class Change(NamedTuple):
    name: str
    now: Tie
    says: str


CHANGES = [
    Change("nothing", THEN, ""),
    Change("a number that was written otherwise", replace(THEN, settings={**THEN.settings, "cam.Gain": 2.0}), ""),
    Change("within the band", replace(THEN, temperatures={"cam.T": -8.0}), ""),
    Change("warm", replace(THEN, temperatures={"cam.T": -7.9}),
           "cam.T was -10, now -7.9, allowed: 2 K to either side"),
    Change("no thermometer", replace(THEN, temperatures={}), "cam.T was -10, now not there"),
    Change("gain", replace(THEN, settings={**THEN.settings, "cam.Gain": 3}), "cam.Gain was 2, now 3"),
    Change("mode", replace(THEN, settings={**THEN.settings, "cam.Mode": "fast"}), "cam.Mode was 'slow', now 'fast'"),
    Change("a setting is gone", replace(THEN, settings={"cam.Gain": 2}), "cam.Mode was 'slow', now not there"),
    Change("another camera", replace(THEN, identity={"serial number": "B2"}),
           "the camera's serial number was 'A17', now 'B2'"),
    Change("a camera that says nothing", replace(THEN, identity={}), "serial number was 'A17', now not there"),
    Change("another rig", replace(THEN, rig="table"), "the rig was 'scope', now 'table'"),
]  # fmt: skip


@pytest.mark.parametrize("case", CHANGES, ids=lambda case: case.name)
def test_a_difference_is_named_then_and_now(case: Change) -> None:
    found = differences(THEN, case.now)
    assert len(found) == bool(case.says)
    assert all(case.says in str(difference) for difference in found)


def _rig(*settings: Setting) -> tuple[Camera, Safety]:
    known = {setting.name for setting in settings}
    if "cam.exposure_ms" not in known:
        settings = (*settings, Setting("cam.exposure_ms", "float", "ms", 0, 100, role="exposure"))
    lamp = Camera(Setting("lamp.on", "choice", choices=(0, 1), role="light"), values={"lamp.on": 0})
    lamp.label = "lamp"
    values: dict[str, Value] = {s.name: s.choices[0] if s.kind == "choice" else 0 for s in settings}
    camera = Camera(*settings, values=values)
    spec = RigSpec.model_validate({"name": "scope", "camera": "cam", "driver": [{"kind": "x"}]})
    return camera, Safety({"cam": camera, "lamp": lamp}, spec)
