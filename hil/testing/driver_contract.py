"""What every driver owes: one suite for those of this project and for other people's.

To use it, subclass `DriverContract` in a file of your own tests, and say what is registered and
what may be moved::

    from hil.testing import DriverContract


    class TestAcmeStage(DriverContract):
        kind = "acme.stage"
        moves = {"stage.x_um": (10.0, 25.0)}
        exposure = "camera.exposure_ms"

``options`` are the keys of its ``[[driver]]`` table. A driver that is opened in another way
overrides the fixture `connection`.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from drivers.errors import (
    CaptureCancelled,
    DriverError,
    NotReached,
    SettleTimeout,
    UnknownSetting,
    ValueRefused,
)
from drivers.protocol import Camera, Connection, Device, Identified, Setting
from drivers.types import Value
from hil.rig.driver_kinds import driver_kind

KINDS = ("float", "int", "choice")
ROLES = ("position", "exposure", "light", "binning", "region", "preset", "other")


def writable(connection: Connection) -> Iterator[tuple[Device, Setting]]:
    """Every setting that can be set, with its device."""
    for device in connection.devices.values():
        for setting in device.describe():
            if not setting.read_only:
                yield device, setting


def close_enough(setting: Setting, wanted: Value, seen: Value) -> bool:
    """Whether a value counts as reached."""
    if isinstance(wanted, str) or isinstance(seen, str):
        return wanted == seen
    return abs(wanted - seen) <= setting.tolerance + 1e-6 * abs(wanted)


def wrong_values(setting: Setting) -> list[Any]:
    """Values that no driver may let through to its device."""
    wrong: list[Any] = [math.nan, math.inf, -math.inf, None, True, [1], "no such value"]
    if setting.kind == "choice":
        text = isinstance(setting.choices[0], str)
        wrong += [0] if text else [str(setting.choices[0]), max(setting.choices) + 1]  # type: ignore[operator]
    if setting.kind == "int":
        wrong.append((setting.low or 0) + 0.5)
    if setting.kind != "choice":
        wrong += [] if setting.low is None else [setting.low - max(1, abs(setting.low))]
        wrong += [] if setting.high is None else [setting.high + max(1, abs(setting.high))]
    return wrong


class DriverContract:
    """Override the class variables.

    `kind` is the driver's registered name, `options` its options in a rig file. `moves` names
    settings with two allowed values each, among them what the rig is for. `exposure` is the
    camera's exposure setting, empty for a driver without a camera; `long_ms` and `short_ms` are
    exposures it takes.
    """

    kind: ClassVar[str]
    options: ClassVar[Mapping[str, Any]] = {}
    moves: ClassVar[Mapping[str, tuple[Value, Value]]]
    exposure: ClassVar[str] = ""
    short_ms: ClassVar[float] = 5.0
    long_ms: ClassVar[float] = 2000.0
    settle_timeout_s: ClassVar[float] = 10.0
    frame_timeout_s: ClassVar[float] = 5.0

    @pytest.fixture
    def connection(self, tmp_path: Path) -> Iterator[Connection]:
        """Open the driver as a rig file would; its relative paths start in an empty folder."""
        kind = driver_kind(self.kind)
        connection = kind.open(kind.options(self.options, tmp_path))
        yield connection
        connection.close()

    @pytest.fixture
    def camera(self, connection: Connection) -> Camera:
        """Give the camera among the devices."""
        if not self.exposure:
            pytest.skip("a driver without a camera")
        return next(d for d in connection.devices.values() if isinstance(d, Camera))

    def owner(self, connection: Connection, name: str) -> tuple[Device, Setting]:
        """Find a setting and its device."""
        return next((d, s) for d, s in writable(connection) if s.name == name)

    def apply(self, connection: Connection, name: str, value: Value) -> Value:
        """Move one setting, and read it back."""
        device, _ = self.owner(connection, name)
        device.start({name: value})
        device.settle(self.settle_timeout_s)
        return device.read(name)

    # --- description -----------------------------------------------------------------------------

    def test_labels_are_the_devices_own(self, connection: Connection) -> None:
        assert connection.devices
        for label, device in connection.devices.items():
            assert isinstance(device, Device)
            assert device.label == label

    def test_description_is_stable(self, connection: Connection) -> None:
        for device in connection.devices.values():
            assert device.describe() == device.describe()

    def test_settings_are_well_formed(self, connection: Connection) -> None:
        for device in connection.devices.values():
            for setting in device.describe():
                assert setting.name.startswith(device.label + "."), setting
                assert setting.kind in KINDS and setting.role in ROLES, setting
                assert setting.tolerance >= 0 and math.isfinite(setting.tolerance), setting
                assert setting.backlash >= 0 and math.isfinite(setting.backlash), setting
                if setting.low is not None and setting.high is not None:
                    assert setting.low <= setting.high, setting
                if setting.kind == "choice":
                    assert setting.choices and len(set(setting.choices)) == len(setting.choices)
                    assert len({type(choice) for choice in setting.choices}) == 1, setting
                    assert type(setting.choices[0]) in (int, str), setting
                    assert setting.low is None and setting.high is None, setting
                else:
                    assert not setting.choices, setting

    def test_every_quantity_has_one_name(self, connection: Connection) -> None:
        names = [s.name for d in connection.devices.values() for s in d.describe()]
        aliases = [
            a.name for d in connection.devices.values() for s in d.describe() for a in s.aliases
        ]
        assert len(set(names + aliases)) == len(names) + len(aliases)

    def test_alias_values_are_allowed_ones(self, connection: Connection) -> None:
        for _, setting in writable(connection):
            for alias in setting.aliases:
                for value in (alias.values or {}).values():
                    assert value in setting.choices, (setting.name, alias)

    def test_presets_expand_to_settings_of_the_devices(self, connection: Connection) -> None:
        known = {s.name: s for _, s in writable(connection)}
        for setting in known.values():
            assert bool(setting.expands) == (setting.role == "preset"), setting
            for choice, values in setting.expands.items():
                assert choice in setting.choices
                for name, value in values.items():
                    target = known[name]
                    assert target.role != "preset"
                    assert target.kind != "choice" or value in target.choices

    def test_versions_are_text(self, connection: Connection) -> None:
        assert connection.versions
        for name, version in connection.versions.items():
            assert name and isinstance(name, str)
            assert version and isinstance(version, str)

    # --- values ----------------------------------------------------------------------------------

    def test_a_device_that_says_which_one_it_is_stays_the_same(
        self, connection: Connection
    ) -> None:
        for device in connection.devices.values():
            if isinstance(device, Identified):
                said = dict(device.identity())
                assert all(isinstance(text, str) and text for item in said.items() for text in item)
                assert dict(device.identity()) == said

    def test_every_setting_reads_in_its_own_type(self, connection: Connection) -> None:
        for device in connection.devices.values():
            for setting in device.describe():
                value = device.read(setting.name)
                if setting.kind == "choice":
                    # "" is what a preset reads while none of its choices fits.
                    assert value in (*setting.choices, ""), (setting.name, value)
                else:
                    assert type(value) is (int if setting.kind == "int" else float), setting.name
                    assert math.isfinite(value), setting.name

    def test_unknown_settings_are_named(self, connection: Connection) -> None:
        for label, device in connection.devices.items():
            name = f"{label}.no_such_setting"
            with pytest.raises(UnknownSetting, match="no_such_setting"):
                device.read(name)
            with pytest.raises(UnknownSetting, match="no_such_setting"):
                device.start({name: 1})

    def test_wrong_values_are_refused_and_change_nothing(self, connection: Connection) -> None:
        for device, setting in writable(connection):
            before = device.read(setting.name)
            for value in wrong_values(setting):
                with pytest.raises(ValueRefused) as caught:
                    device.start({setting.name: value})
                    pytest.fail(f"{setting.name} takes {value!r}, allowed: {setting.allowed()}")
                assert caught.value.setting == setting.name
            after = device.read(setting.name)
            assert close_enough(setting, before, after), setting.name

    def test_read_only_settings_are_refused(self, connection: Connection) -> None:
        for device in connection.devices.values():
            for setting in device.describe():
                if setting.read_only:
                    with pytest.raises(ValueRefused, match="read-only"):
                        device.start({setting.name: device.read(setting.name)})

    def test_all_values_are_checked_before_the_first_is_sent(self, connection: Connection) -> None:
        for name, (first, second) in self.moves.items():
            device, setting = self.owner(connection, name)
            self.apply(connection, name, first)
            with pytest.raises((ValueRefused, UnknownSetting)):
                device.start({name: second, f"{device.label}.no_such_setting": 1})
            others = [s for s in device.describe() if not s.read_only and s.name != name]
            for other in others[:1]:
                with pytest.raises(ValueRefused):
                    device.start({name: second, other.name: math.nan})
            assert close_enough(setting, first, device.read(name)), name

    # --- moves -----------------------------------------------------------------------------------

    def test_settled_values_read_back(self, connection: Connection) -> None:
        for name, values in self.moves.items():
            _, setting = self.owner(connection, name)
            for value in (*values, values[0]):
                seen = self.apply(connection, name, value)
                assert close_enough(setting, value, seen), (name, value, seen)

    def test_start_returns_at_once(self, connection: Connection) -> None:
        for name, values in self.moves.items():
            device, _ = self.owner(connection, name)
            for value in values:
                began = time.monotonic()
                device.start({name: value})
                assert time.monotonic() - began < 0.5, name
                device.settle(self.settle_timeout_s)

    def test_settle_keeps_to_its_timeout(self, connection: Connection) -> None:
        for name, values in self.moves.items():
            device, setting = self.owner(connection, name)
            for value in values:
                device.start({name: value})
                began = time.monotonic()
                try:
                    device.settle(0.001)
                except (SettleTimeout, NotReached) as error:
                    assert error.setting == name
                else:
                    assert close_enough(setting, value, device.read(name)), name
                assert time.monotonic() - began < 1.0, name
            assert close_enough(setting, values[0], self.apply(connection, name, values[0])), name

    def test_settle_without_start_returns(self, connection: Connection) -> None:
        for device in connection.devices.values():
            device.settle(0.5)

    def test_stop_is_safe_at_any_time_from_any_thread(self, connection: Connection) -> None:
        def stop_all() -> None:
            try:
                for device in connection.devices.values():
                    device.stop()
            except BaseException as error:
                failures.append(error)

        failures: list[BaseException] = []
        stop_all()
        for name, values in self.moves.items():
            device, setting = self.owner(connection, name)
            for value in values:
                device.start({name: value})
                thread = threading.Thread(target=stop_all)
                thread.start()
                try:
                    device.settle(self.settle_timeout_s)
                except (SettleTimeout, NotReached) as error:
                    assert error.setting == name
                thread.join()
            assert close_enough(setting, values[1], self.apply(connection, name, values[1])), name
        assert not failures

    # --- frames ----------------------------------------------------------------------------------

    def test_capture_gives_so_many_frames(self, connection: Connection, camera: Camera) -> None:
        self.apply(connection, self.exposure, self.short_ms)
        for n in (1, 3):
            frames = list(camera.capture(n, self.frame_timeout_s))
            assert [frame.meta.index for frame in frames] == list(range(n))
            assert {frame.meta.camera for frame in frames} == {camera.label}

    def test_frames_are_raw_and_owned(self, connection: Connection, camera: Camera) -> None:
        self.apply(connection, self.exposure, self.short_ms)
        frames = list(camera.capture(3, self.frame_timeout_s))
        assert len({frame.pixels.shape for frame in frames}) == 1
        for frame in frames:
            assert frame.pixels.ndim in (2, 3)
            assert frame.pixels.dtype in (np.uint8, np.uint16)
            assert frame.pixels.flags.owndata and frame.pixels.flags.writeable
            assert int(frame.pixels.max()) <= frame.meta.saturation_adu
        kept = frames[1].pixels.copy()
        frames[0].pixels.fill(0)
        assert np.array_equal(kept, frames[1].pixels)

    def test_frames_carry_what_was_read_back(self, connection: Connection, camera: Camera) -> None:
        for wanted_ms in (self.short_ms, 2 * self.short_ms):
            seen_ms = self.apply(connection, self.exposure, wanted_ms)
            frames = list(camera.capture(2, self.frame_timeout_s))
            assert [frame.meta.exposure_ms for frame in frames] == [seen_ms, seen_ms]
            assert all(frame.meta.taken_at.utcoffset() == timedelta(0) for frame in frames)
            assert frames[0].meta.taken_at <= frames[1].meta.taken_at

    def test_capture_begins_anew_after_one_that_was_left(
        self, connection: Connection, camera: Camera
    ) -> None:
        self.apply(connection, self.exposure, self.short_ms)
        left = iter(camera.capture(5, self.frame_timeout_s))
        assert next(left).meta.index == 0
        del left
        frames = list(camera.capture(2, self.frame_timeout_s))
        assert [frame.meta.index for frame in frames] == [0, 1]

    def test_cancel_ends_a_long_exposure(self, connection: Connection, camera: Camera) -> None:
        self.apply(connection, self.exposure, self.long_ms)
        cancelled_at: list[float] = []

        def cancel() -> None:
            cancelled_at.append(time.monotonic())
            camera.cancel()

        timer = threading.Timer(0.1, cancel)
        # more frames than the fastest simulation takes in that time
        frames = camera.capture(5000, self.frame_timeout_s)
        timer.start()  # after the capture began, however busy the machine: before, it is no cancel
        try:
            with pytest.raises(CaptureCancelled):
                for _ in frames:
                    pass
        finally:
            timer.join()
        assert time.monotonic() - cancelled_at[0] < 1.0

    def test_cancel_leaves_later_captures_alone(
        self, connection: Connection, camera: Camera
    ) -> None:
        self.apply(connection, self.exposure, self.short_ms)
        camera.cancel()
        assert len(list(camera.capture(2, self.frame_timeout_s))) == 2

    # --- the end ---------------------------------------------------------------------------------

    def test_close_may_come_twice_and_at_any_time(self, connection: Connection) -> None:
        for name, values in self.moves.items():
            device, _ = self.owner(connection, name)
            device.start({name: values[1]})
        connection.close()
        connection.close()
        for device in connection.devices.values():
            device.stop()
            if isinstance(device, Camera):
                device.cancel()

    def test_errors_after_close_are_driver_errors(
        self, connection: Connection, camera: Camera
    ) -> None:
        connection.close()
        try:
            list(camera.capture(1, self.frame_timeout_s))
        except DriverError as error:
            assert str(error)
