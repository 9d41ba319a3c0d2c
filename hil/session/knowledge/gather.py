"""``[start]`` of a session file, settled once: the result is stored with the session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from drivers.types import Value
from hil.calibration.rig_noise import RigNoise
from hil.clock import Clock
from hil.records.knowledge import Knowledge
from hil.rig.rig import Rig
from hil.session.knowledge.earlier import earlier_sessions
from hil.session.knowledge.presets import first_trials
from hil.session.model.file import check_axes, check_lit, check_model, check_noise
from hil.session.search_space import SearchSpace
from hil.spec import SessionFile

if TYPE_CHECKING:
    from hil.store import Database


def knowledge(
    file: SessionFile,
    rig: Rig,
    space: SearchSpace,
    start: Mapping[str, Value],
    noise: RigNoise,
    database: Database | None,
    clock: Clock,
) -> Knowledge:
    """Collect what a session begins with from before; nothing moves.

    Parameters
    ----------
    file, rig, space, start, noise
        What is run, on what, over what, from where, with which calibration.
    database
        Where earlier sessions are; None where there is none yet.
    clock
        Says how old they are.

    Raises
    ------
    InputError
    """
    said = file.spec.start
    earlier = earlier_sessions(
        said.from_,
        database,
        space.axes,
        rig=rig.spec.name,
        objectives=tuple(file.spec.objective.names),
        calibration_id=noise.calibration_id,
        now=clock.now(),
        where=file.path,
    )
    first = rig.run(lambda: first_trials(said.presets, space, start, file.path))
    model = check_model(file)
    if model is not None:
        check_axes(model, space.axes, file.path)
        stood = {**space.present, **rig.safety.targets(rig.spec.setup), **space.fixed}
        check_noise(noise, file.rig.path)
        check_lit(model, stood)
    return Knowledge(earlier, first, model)
