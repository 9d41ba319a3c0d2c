"""``hil study DOMAIN``: measure, rank, and write down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from hil.errors import InputError, nearest
from hil.store import open_database
from hil.study.audit import Audit, audit
from hil.study.cache import CellCache, digest_of_code
from hil.study.design import DesignStudy, design_study, find_problem
from hil.study.design.effort import EFFORTS
from hil.study.domain import SIZES, Domain
from hil.study.domains import find_domain
from hil.study.labels import LabelCurve, label_curves
from hil.study.prediction import Prediction, predict
from hil.study.record import StudySession, summary_of

_AUDIT_CODE = ("hil.study.audit",)
_DESIGN_CODE = ("hil.study.design", "hil.proposer")


@dataclass(frozen=True)
class Study:
    """What was found.

    Parameters
    ----------
    session_id
        In the database.
    domain, budget
        Which.
    prediction
        Part a.
    labels
        Part d, where it was asked for.
    designs
        Parts b to d for designs, where they were asked for.
    audit
        What a neural density and a U-Net say of a few settings, where the budget has them.
    """

    session_id: str
    domain: Domain
    budget: str
    prediction: Prediction
    labels: Sequence[LabelCurve] = ()
    designs: DesignStudy | None = None
    audit: Audit | None = None


def run_study(
    domain: str,
    database: str | None = None,
    *,
    budget: str = "small",
    labels: bool = False,
    design: bool = False,
    cache: Path = Path("hil-study"),
    note: str = "",
    said: Callable[[str], None] = lambda line: None,
) -> Study:
    """Study a domain.

    Parameters
    ----------
    domain
        One of `hil.study.domains.domain_names`.
    database
        As for `hil.run_session`; made where it is missing.
    budget
        One of `hil.study.domain.SIZES`.
    labels
        Whether it is found too how many labelled scenes decoders need.
    design
        Whether designs are made and compared, too.
    cache
        Folder of what was measured: a study that was interrupted goes on where it ended.
    note
        Stored with the session.
    said
        Told how it goes on.

    Raises
    ------
    InputError
        There is no such domain or budget, or the domain has no designs; nothing was written.
    StoreError
        The database was lost.
    """
    one = find_domain(domain)
    if budget not in SIZES:
        raise InputError("hil study", "--budget", f"{budget!r}, {nearest(budget, SIZES)}")
    size, problem = SIZES[budget], find_problem(one.name) if design else None
    cells = CellCache(cache, digest_of_code(one.sources, one.name))
    with (
        open_database(database, create=True) as opened,
        StudySession(opened, one, budget, size, note) as session,
    ):
        prediction = predict(one, size, cells, said, session.trial)
        curves = label_curves(one, size, prediction, cells, said) if labels else []
        found = {"prediction": summary_of(prediction), "labels": [asdict(one) for one in curves]}
        own = CellCache(cache, digest_of_code((*one.sources, *_AUDIT_CODE), one.name))
        audited = audit(one, size, prediction, own, said)
        if audited is not None:
            found["audit"] = asdict(audited)
        designs = None
        if problem is not None:
            own = CellCache(cache, digest_of_code((*one.sources, *_DESIGN_CODE), one.name))
            designs = design_study(problem, size, EFFORTS[budget], prediction, own, said)
            found["designs"] = asdict(designs)
        session.summary(found)
        return Study(session.id, one, budget, prediction, curves, designs, audited)
