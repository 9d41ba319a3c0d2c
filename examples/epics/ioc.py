"""A soft server for trying kind = "epics" at the desk: a stage, a lamp, a valve and a camera.

    python ioc.py [port]

It serves on the loopback address alone. The camera sees a pattern that the stage moves and the lamp
lights, with noise; what is here is a server's, and no part of hil.
"""

from __future__ import annotations

import asyncio
import sys

import numpy as np
from caproto import AlarmSeverity, AlarmStatus, ChannelType
from caproto.asyncio.server import start_server
from caproto.server import PVGroup, SubGroup, pvproperty

SIDE = 64


class Cam(PVGroup):
    acquire_time = pvproperty(
        name="AcquireTime", value=0.01, lower_ctrl_limit=0.001, upper_ctrl_limit=10.0
    )
    acquire_time_rbv = pvproperty(name="AcquireTime_RBV", value=0.01, read_only=True)
    acquire = pvproperty(name="Acquire", value=0)
    mode = pvproperty(
        name="ImageMode",
        value="Continuous",
        enum_strings=["Single", "Multiple", "Continuous"],
        record="mbbo",
        dtype=ChannelType.ENUM,
    )
    callbacks = pvproperty(name="ArrayCallbacks", value=0)

    @acquire_time.putter
    async def acquire_time(self, instance, value):
        await self.acquire_time_rbv.write(value)

    @acquire.putter
    async def acquire(self, instance, value):
        root = self.parent
        if value and not (self.task and not self.task.done()):
            self.task = asyncio.ensure_future(root.expose())
        elif not value and self.task:
            self.task.cancel()
        return 0

    task = None


class Image(PVGroup):
    enable = pvproperty(name="EnableCallbacks", value=0)
    unique_id = pvproperty(name="UniqueId_RBV", value=0, read_only=True)
    width = pvproperty(name="ArraySize0_RBV", value=SIDE, read_only=True)
    height = pvproperty(name="ArraySize1_RBV", value=SIDE, read_only=True)
    depth = pvproperty(name="ArraySize2_RBV", value=0, read_only=True)
    data_type = pvproperty(
        name="DataType_RBV",
        value="UInt16",
        enum_strings=["Int8", "UInt8", "Int16", "UInt16"],
        dtype=ChannelType.ENUM,
        read_only=True,
    )
    pixels = pvproperty(name="ArrayData", value=[0] * SIDE * SIDE, read_only=True)


class Stand(PVGroup):
    x = pvproperty(
        name="X",
        value=0.0,
        record="ao",
        units="um",
        lower_ctrl_limit=-500.0,
        upper_ctrl_limit=500.0,
        lower_disp_limit=-400.0,
        upper_disp_limit=800.0,
    )
    x_rbv = pvproperty(name="X:RBV", value=0.0, read_only=True)
    x_done = pvproperty(name="X:DONE", value=1, read_only=True)
    x_stop = pvproperty(name="X:STOP", value=0)
    lamp = pvproperty(name="LAMP", value=0.0, record="ao")
    steps = pvproperty(name="STEPS", value=2, lower_ctrl_limit=0, upper_ctrl_limit=10)
    valve = pvproperty(
        name="VALVE", value="closed", enum_strings=["closed", "open"], dtype=ChannelType.ENUM
    )
    pressure = pvproperty(name="PRESSURE", value=1.5, read_only=True, alarm_group="gauge")
    sick = pvproperty(name="SICK", value=0)
    cam = SubGroup(Cam, prefix="cam1:")
    image = SubGroup(Image, prefix="image1:")

    moving = None
    rng = np.random.default_rng(1)

    @x.putter
    async def x(self, instance, value):
        if self.moving and not self.moving.done():
            self.moving.cancel()
        await self.x_done.write(0)
        self.moving = asyncio.ensure_future(self.move(float(value)))

    async def move(self, goal: float) -> None:
        try:
            for share in (0.5, 1.0):
                await asyncio.sleep(0.01)
                here = self.x_rbv.value
                await self.x_rbv.write(here + share * (goal - here))
        finally:
            await self.x_done.write(1)

    @x_stop.putter
    async def x_stop(self, instance, value):
        if self.moving and not self.moving.done():
            self.moving.cancel()
        return 0

    @sick.putter
    async def sick(self, instance, value):
        severity = AlarmSeverity.INVALID_ALARM if value else AlarmSeverity.NO_ALARM
        status = AlarmStatus.READ if value else AlarmStatus.NO_ALARM
        await self.pressure.write(self.pressure.value, severity=severity, status=status)

    async def expose(self) -> None:
        exposure_s = self.cam.acquire_time_rbv.value
        await asyncio.sleep(exposure_s)
        row, column = np.mgrid[:SIDE, :SIDE]
        shift = self.x_rbv.value / 10
        light = 1 + np.sin((row + 0.6 * column + shift) / 3) * np.cos((column - shift) / 5)
        electrons = self.rng.poisson(20 * self.lamp.value * exposure_s * 1e3 * light)
        adu = np.rint(electrons / 0.5 + 100 + self.rng.normal(0, 3.2, light.shape))
        await self.image.pixels.write(np.clip(adu, 0, 65535).astype(int).ravel().tolist())
        await self.image.unique_id.write(self.image.unique_id.value + 1)


async def main() -> None:
    stand = Stand(prefix="DESK:")
    await start_server(stand.pvdb, interfaces=["127.0.0.1"])


if __name__ == "__main__":
    import os

    port = sys.argv[1] if len(sys.argv) > 1 else "5064"
    os.environ["EPICS_CA_SERVER_PORT"] = port
    # Nobody listens to beacons here; the server's own port takes them without complaint.
    os.environ["EPICS_CAS_AUTO_BEACON_ADDR_LIST"] = "NO"
    os.environ["EPICS_CAS_BEACON_ADDR_LIST"] = f"127.0.0.1:{port}"
    asyncio.run(main())
