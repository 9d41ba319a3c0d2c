"""Variables of both protocols in one rig: each name goes its way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from drivers.epics.channels import Channels
from drivers.epics.described import PVA, Described, Variables
from drivers.epics.pva import PvaChannels


class RoutedChannels:
    """Those with ``pva://`` by PV Access, others by Channel Access: implements `Variables`.

    A client is opened for each protocol that there is a name of. Parameters and what is raised are
    those of `Channels` and `PvaChannels`.
    """

    def __init__(
        self,
        label: str,
        names: Sequence[str],
        addresses: Sequence[str],
        timeout_s: float,
        alarm: str = "invalid",
    ) -> None:
        self._clients: dict[bool, Variables] = {}
        makers: tuple[Callable[..., Variables], ...] = (Channels, PvaChannels)
        try:
            for by_pva, make in enumerate(makers):
                mine = [name for name in names if name.startswith(PVA) == bool(by_pva)]
                where = [one for one in addresses if one.startswith(PVA) == bool(by_pva)]
                if mine:
                    self._clients[bool(by_pva)] = make(label, mine, where, timeout_s, alarm)
        except BaseException:
            self.close()
            raise

    def describe(self, name: str) -> Described:
        """Ask what a variable is; see `Variables`."""
        return self._of(name).describe(name)

    def read(self, name: str) -> float | int | str:
        """Ask for a value; see `Variables`."""
        return self._of(name).read(name)

    def read_array(self, name: str, count: int) -> Any:
        """Ask for an array; see `Variables`."""
        return self._of(name).read_array(name, count)

    def read_structure(self, name: str, fields: str = "") -> Any:
        """Ask for a structure of PV Access; see `PvaChannels`."""
        client = self._of(name)
        assert isinstance(client, PvaChannels), "Channel Access has no structures"
        return client.read_structure(name, fields)

    def write(
        self, name: str, value: float | int | str, done: Callable[[], None], after: str = ""
    ) -> None:
        """Write a value; see `Variables`."""
        self._of(name).write(name, value, done, after)

    def require(self, name: str) -> None:
        """See that a variable is connected; see `Variables`."""
        self._of(name).require(name)

    def write_soon(self, name: str, value: int) -> None:
        """Write without waiting; see `Variables`."""
        self._of(name).write_soon(name, value)

    def close(self) -> None:
        """Let go of all."""
        for client in self._clients.values():
            client.close()

    def _of(self, name: str) -> Variables:
        return self._clients[name.startswith(PVA)]
