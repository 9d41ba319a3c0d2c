"""A filter wheel, turret or slider: its places, and what they are called."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from drivers.errors import DriverError
from drivers.micromanager.core import Core
from drivers.micromanager.parts import Part, PropertyPart, SinglePart
from drivers.micromanager.values import sayable
from drivers.protocol import Alias, Setting
from drivers.types import Value

_POSITION = re.compile(r"position \d+")
"""What a place without a name of its own is called."""


class WheelPart(SinglePart):
    """A wheel by the names of its places; its number is an alias.

    It is turned and read by number: a place without a label has no other name at the core.

    Parameters
    ----------
    core, label
        The wheel.
    places
        A name for each place.
    """

    def __init__(self, core: Core, label: str, places: tuple[str, ...]) -> None:
        setting = Setting(
            name=f"{label}.Label",
            kind="choice",
            choices=places,
            aliases=(Alias(f"{label}.State", dict(enumerate(places))),),
        )
        super().__init__(core, label, setting)

    def _send(self, value: Value) -> None:
        # Not setState: it wants a label of every place.
        self._core.setProperty(self._label, "State", str(self.setting.choices.index(value)))

    def _read(self) -> Value:
        place = self._core.getState(self._label)
        if not 0 <= place < len(self.setting.choices):
            raise ValueError(f"it stands at {place}, allowed: 0 to {len(self.setting.choices) - 1}")
        return self.setting.choices[place]


def wheel_parts(
    core: Core, label: str, warnings: list[str], called: Sequence[str]
) -> Iterator[Part]:
    """Describe a state device: by labels where they say which place is meant, else by number.

    Parameters
    ----------
    core, label
        The wheel.
    warnings
        Where to say what is amiss.
    called
        What its configuration calls its places. The core keeps a name that recurs for the last of
        them, and has none for the others.

    Raises
    ------
    DeviceFault
    """
    with core.words(label, "reading its labels"):
        count = core.getNumberOfStates(label)
    names = _names(core, label, count, called)
    if count < 1:
        return
    if not any(names.values()):
        places: tuple[Value, ...] = tuple(range(count))
        yield PropertyPart(
            core, label, Setting(f"{label}.State", "choice", choices=places), "State"
        )
        return
    counted = Counter(names.values()) | Counter(called)
    shared = {name for name, n in counted.items() if name in names.values() and name and n > 1}
    unclear = [place for place, name in names.items() if not name or name in shared]
    if unclear:
        told = ", ".join(str(place) for place in unclear)
        why = ", ".join(map(repr, sorted(shared))) + " stands at several"
        warnings.append(
            f"{label} is offered by number at the places {told}:"
            f" {why if shared else 'they have no label'}"
        )
        unclear += [place for place, name in names.items() if _POSITION.fullmatch(name)]
    yield WheelPart(
        core,
        label,
        tuple(f"position {n}" if n in unclear else names[n] for n in range(count)),
    )


def _names(core: Core, label: str, count: int, called: Sequence[str]) -> dict[int, str]:
    """Give the label of each place, empty where it has none."""
    names = dict.fromkeys(range(count), "")
    action = "reading its labels"
    with contextlib.suppress(DriverError), core.words(label, action):
        found = enumerate(core.getStateLabels(label))
        return names | {place: str(text) for place, text in found if sayable(text)}
    # That fails as a whole where one place has none. So each name that there may be is looked for.
    texts = list(called)
    with contextlib.suppress(DriverError), core.words(label, action):
        texts += core.getAllowedPropertyValues(label, "Label")
    for text in filter(sayable, texts):
        with contextlib.suppress(DriverError), core.words(label, action):
            names[core.getStateFromLabel(label, text)] = text
    return names
