"""The calibrations of a database, their rows and their maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hil.store import calibrations
from hil.store.access import Access
from hil.store.calibrations import CalibrationRecord, NewCalibration
from hil.store.frames import maps as map_files

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


class CalibrationArchive(Access):
    """Calibrations of rigs, versioned: none is ever changed."""

    def calibrations(self, rig: str | None = None) -> pd.DataFrame:
        """One row a calibration of a rig, or of all, newest first: its numbers and uncertainties.

        ``tied`` are the settings of the camera that it holds for.
        """
        with self._reading() as connection:
            return calibrations.table(connection, rig)

    def calibration(self, ref: str = "latest", *, rig: str | None = None) -> CalibrationRecord:
        """All that is stored with a calibration.

        Parameters
        ----------
        ref
            Id, a unique beginning of one, or ``"latest"``.
        rig
            For ``"latest"``: of the rig of this name.
        """
        with self._reading() as connection:
            return calibrations.find(connection, ref, rig)

    def calibration_ties(self, rig: str) -> list[tuple[str, dict[str, Any]]]:
        """Id of each calibration of a rig, newest first, with what it is tied to."""
        with self._reading() as connection:
            return calibrations.ties(connection, rig)

    def calibration_maps(self, record: CalibrationRecord) -> dict[str, NDArray[Any]]:
        """Read the maps of a calibration by name, (height, width), checksums verified."""
        return map_files.read_maps(
            self._location.frames, record.id, record.detail.get("maps") or {}
        )

    def add_calibration(
        self, new: NewCalibration, maps: Mapping[str, NDArray[Any]] | None = None
    ) -> CalibrationRecord:
        """Store a calibration: its maps beside the frames first, then its row."""
        if maps:
            checksums = map_files.write_maps(self._location.frames, new.id, maps)
            new = replace(new, detail={**new.detail, "maps": checksums})
        with self._writing(section="rig") as connection:
            calibrations.add(connection, new)
        return self.calibration(new.id)
