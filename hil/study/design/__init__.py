"""Parts b to d of a study: designs by gradient, by trials, end to end, and as one would build it.

`design_study` makes each of them once a seed, from scenes that are not held out, judges all by
decoders that learn afresh, and says what each cost. Problems are small files in `problems`.
"""

from hil.study.design.compare import DesignStudy, design_study
from hil.study.design.problems import designable, find_problem

__all__ = ["DesignStudy", "design_study", "designable", "find_problem"]
