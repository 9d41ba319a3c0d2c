"""A soft server of records that are not what a setting can be, or do not stay what they were.

python odd_ioc.py PORT
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

from caproto import CAStatus, ChannelType
from caproto.asyncio.server import start_server
from caproto.server import PVGroup, pvproperty


class Odd(PVGroup):
    x = pvproperty(name="X", value=0.0, lower_ctrl_limit=-500.0, upper_ctrl_limit=500.0)
    narrow = pvproperty(name="NARROW", value=500.0)
    wave = pvproperty(name="WAVE", value=[1.0, 2.0, 3.0])
    nan = pvproperty(name="NAN", value=float("nan"), lower_ctrl_limit=0.0, upper_ctrl_limit=1.0)
    twins = pvproperty(
        name="TWINS", value="a", enum_strings=["a", "b", "b"], dtype=ChannelType.ENUM
    )
    valve = pvproperty(
        name="VALVE",
        value="closed",
        enum_strings=["closed", "open", "moving"],
        dtype=ChannelType.ENUM,
    )

    spelt = pvproperty(
        name="SPELT", value=1.0, units="Microns", lower_ctrl_limit=0.0, upper_ctrl_limit=9.0
    )
    temperature = pvproperty(
        name="T", value=290.0, units="K", lower_ctrl_limit=0.0, upper_ctrl_limit=400.0
    )
    endless = pvproperty(
        name="ENDLESS",
        value=1.0,
        lower_ctrl_limit=0.0,
        upper_ctrl_limit=float("inf"),
        lower_disp_limit=float("-inf"),
        upper_disp_limit=float("inf"),
    )
    locked = pvproperty(name="LOCKED", value=1.0, lower_ctrl_limit=0.0, upper_ctrl_limit=9.0)

    @narrow.putter
    async def narrow(self, instance: Any, value: float) -> None:
        await self.x.write_metadata(upper_ctrl_limit=value)


async def not_put(*request: Any, **more: Any) -> Any:
    """Answer a write as a record that refuses it does: processed, with a status of its own."""
    return CAStatus.ECA_PUTFAIL


async def main() -> None:
    records = Odd(prefix="DESK:").pvdb
    records["DESK:LOCKED"].auth_write = not_put
    await start_server(records, interfaces=["127.0.0.1"])


if __name__ == "__main__":
    os.environ["EPICS_CA_SERVER_PORT"] = sys.argv[1]
    os.environ["EPICS_CAS_AUTO_BEACON_ADDR_LIST"] = "NO"
    os.environ["EPICS_CAS_BEACON_ADDR_LIST"] = f"127.0.0.1:{sys.argv[1]}"
    asyncio.run(main())
