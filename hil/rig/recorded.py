"""What of a rig goes on record with every trial, beside the settings that it searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.types import Value
from hil.errors import SafetyError, nearest
from hil.rig.safety import Safety
from hil.spec import RigSpec


@dataclass(frozen=True, slots=True)
class NoiseWhen:
    """When an entry of ``[[noise_at]]`` holds.

    Parameters
    ----------
    settings
        What must read so; canonical names.
    channels
        Of sequences, to whose images it is confined; empty for all images.
    """

    settings: Mapping[str, Value]
    channels: tuple[str, ...] = ()

    def holds(self, values: Mapping[str, Value], image: str = "") -> bool:
        """Say whether it holds for an image of this name, ``"DAPI, z 2 um"`` say."""
        of_image = [one for one in self.channels if image == one or image.startswith(f"{one}, ")]
        return bool(of_image or not self.channels) and all(
            values.get(name) == value for name, value in self.settings.items()
        )


def noise_conditions(safety: Safety, spec: RigSpec) -> tuple[NoiseWhen, ...]:
    """Make the conditions of the rig file's ``[[noise_at]]`` canonical.

    Raises
    ------
    SafetyError
        Naming the key.
    """
    presets = [one for one in safety.settings.values() if one.role == "preset"]
    names = list(dict.fromkeys(str(choice) for preset in presets for choice in preset.choices))
    for i, entry in enumerate(spec.noise_at):
        for channel in entry.channels:
            if names and channel not in names:
                key = f"noise_at.{i}.channels"
                raise SafetyError(f"{key}: {channel!r}, {nearest(channel, names)}", key)
    return tuple(
        NoiseWhen(safety.canonical_table(f"noise_at.{i}.when", entry.when), entry.channels)
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
    recorded += [
        name for condition in noise_conditions(safety, spec) for name in condition.settings
    ]
    return tuple(dict.fromkeys(recorded))
