"""Who writes into a session, and on which rigs its word holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from hil.store.holder import Holder


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: recorded with every trial it proposes.

    Parameters
    ----------
    name
        Any name, the rig's say.
    holder
        Its process.
    leases
        Rigs that this process holds; filled by `Database.acquire_lease`.
    """

    name: str
    holder: Holder
    leases: dict[str, Holder] = field(default_factory=dict)
