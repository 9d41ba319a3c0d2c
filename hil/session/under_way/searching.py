"""Who proposes the trials of a session under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from hil.records.knowledge import ModelText
from hil.session.by_hand.proposer import ByHand
from hil.session.control.enqueue import Enqueued, Givable
from hil.session.model.file import model_of
from hil.session.model.frames import ModelFrames
from hil.session.pipeline.ahead import Ahead
from hil.session.pipeline.overlap import Overlap
from hil.session.ports import Proposer
from hil.session.under_way.setup import Run, SessionSetup

if TYPE_CHECKING:
    from hil.proposer import SearchPlan


def searching(run: Run, proposer: Givable) -> Proposer:
    """Search by the session's sampler; what a person enqueues comes first."""
    setup = run.setup
    run.attended.searched = proposer.searched()
    start = {**setup.space.anchor, **setup.baseline.start}
    enqueued = Enqueued(proposer, run.pausing.wishes, start)
    return enqueued if setup.turns is None else ByHand(enqueued, proposer.searched(), setup.turns)


def made(run: Run, make: Callable[[SearchPlan], Givable]) -> Givable:
    """Make the session's proposer, with its rig's own model where there is one."""
    setup = run.setup
    plan = setup.baseline.plan(setup.file.spec, setup.space)
    if (known := setup.baseline.known.model) is not None:
        plan = replace(plan, model=_model(setup, known))
    return make(plan)


def proposer_ahead(run: Run, make: Callable[[SearchPlan], Givable]) -> Ahead | None:
    """Make a proposer that may be one trial ahead; None where trials wait for their estimates."""
    measure = run.setup.file.spec.measure
    corrects = run.setup.baseline.known.model is not None  # by the latest frames
    waits = corrects or measure.most_to_search > measure.n_to_search
    if waits or measure.pipeline is False:
        return None
    return Ahead(made(run, make), on=measure.pipeline is True)


def overlap_of(run: Run, ahead: Ahead | None) -> Overlap | None:
    """Measure trials while others are estimated, where a proposer is ahead.

    By itself only on a rig whose time is that of the clock: what both take is then what it costs,
    and on a simulated one the same seed gives the same session.
    """
    if ahead is None:
        return None
    automatic = run.setup.file.spec.measure.pipeline == "auto" and not run.setup.rig.has_own_clock
    return Overlap(ahead, run.thinker.start, automatic=automatic)


def _model(setup: SessionSetup, known: ModelText) -> ModelFrames:
    """Give sampler `model` its rig, and the frames that are stored."""
    space, rig = setup.space, setup.rig
    model = model_of(known)
    setup_values = rig.safety.targets(rig.spec.setup)
    return ModelFrames(
        model,
        setup.database,
        setup.session_id,
        setup.noise,
        rig.noise_conditions,
        {**space.present, **setup_values, **space.fixed},
    )
