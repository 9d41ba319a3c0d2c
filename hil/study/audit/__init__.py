"""Auditors: what costs too much to ask at every setting, asked at a few of them.

`audit` lets a neural density say how much frames tell, and a convolutional network do the tasks, at
settings spread over the family. Where they rank those settings as the study's own estimator and
decoders do, what the study found is not about these.
"""

from hil.study.audit.auditors import Audit, TaskAudit, audit

__all__ = ["Audit", "TaskAudit", "audit"]
