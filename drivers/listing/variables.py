"""Where process variables are looked for. None is asked for: a rig file names them."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping

from drivers.listing.listed import Listed

# Protocol, package, extra, and the variables of the environment that say where it looks.
_PROTOCOLS = (
    ("Channel Access", "caproto", "epics", "EPICS_CA_ADDR_LIST", "EPICS_CA_AUTO_ADDR_LIST"),
    ("PV Access", "p4p", "epics-pva", "EPICS_PVA_ADDR_LIST", "EPICS_PVA_AUTO_ADDR_LIST"),
)


def variables(environment: Mapping[str, str] | None = None) -> Listed:
    """Say which protocols of EPICS there are and where each looks for servers.

    Parameters
    ----------
    environment
        As `os.environ`, by default that.
    """
    around = os.environ if environment is None else environment
    told, missing = [], []
    for protocol, package, extra, places, automatic in _PROTOCOLS:
        if importlib.util.find_spec(package) is None:
            missing.append(f'{protocol}: python -m pip install "hil-imaging[{extra}]"')
            continue
        where = around.get(places, "").split()
        if around.get(automatic, "YES").strip().upper() != "NO":
            where.append("this computer's networks")
        told.append(f"{protocol} looks in {', '.join(where)}" if where else f"{protocol} nowhere")
        if not where:
            missing.append(f"name servers in {places}")
    advice = "; ".join(missing) or "asked for by `hil rig check RIG.toml` alone"
    return Listed((), tuple(told), advice, known=bool(told))
