"""What one list of devices says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listed:
    """Devices of one kind.

    Parameters
    ----------
    names
        As rig files name them.
    told
        Each in words; as many.
    advice
        What to do where something is missing; empty where nothing is.
    known
        Whether the list could be made.
    """

    names: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    advice: str = ""
    known: bool = True

    def line(self) -> str:
        """Say it in one line."""
        found = "; ".join(self.told) or ("none found" if self.known else "not known")
        return f"{found}: {self.advice}" if self.advice else found
