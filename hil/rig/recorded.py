"""What of a rig goes on record with every trial, beside the settings that it searched."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.types import Value
from hil.rig.safety import Safety
from hil.spec import RigSpec


def noise_conditions(safety: Safety, spec: RigSpec) -> tuple[Mapping[str, Value], ...]:
    """Make the conditions of the rig file's ``[[noise_at]]`` canonical.

    Raises
    ------
    SafetyError
        Naming the key.
    """
    return tuple(
        safety.canonical_table(f"noise_at.{i}.when", entry.when)
        for i, entry in enumerate(spec.noise_at)
    )


def recorded_settings(safety: Safety, spec: RigSpec) -> tuple[str, ...]:
    """Name the settings under ``record``, and those by which one knows which noise holds.

    Raises
    ------
    SafetyError
        Naming the key.
    """
    recorded = [safety.setting(name, f"record.{i}").name for i, name in enumerate(spec.record)]
    recorded += [name for condition in noise_conditions(safety, spec) for name in condition]
    return tuple(dict.fromkeys(recorded))
