"""How many cores there are for this program, and how many threads libraries would start."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")
_SET_BY = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def usable_cores(cgroup: Path = _CGROUP, own: Path = _OWN_CGROUP) -> int:
    """Count the cores that this process may use: affinity, and limits of a container.

    Parameters
    ----------
    cgroup
        Where Linux has its groups of processes.
    own
        The file that names the group of this process.
    """
    import psutil

    cores = psutil.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = min(cores, len(os.sched_getaffinity(0)))
    share = _share(cgroup, own)
    return max(1, min(cores, math.ceil(share) if math.isfinite(share) else cores))


def _share(cgroup: Path, own: Path) -> float:
    """Give the cores that the tightest of all groups around this process allows."""
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return math.inf
    group = next((line[3:] for line in lines if line.startswith("0::")), "/").strip("/")
    folders = [cgroup / group, *(cgroup / group).parents] if group else [cgroup]
    within = [folder for folder in folders if folder == cgroup or cgroup in folder.parents]
    quotas = [_quota(folder / "cpu.max") for folder in within]
    for name in ("cpu", "cpu,cpuacct"):  # of older systems
        old = cgroup / name
        quotas.append(_ratio(_word(old / "cpu.cfs_quota_us"), _word(old / "cpu.cfs_period_us")))
    return min(quotas, default=math.inf)


def _quota(file: Path) -> float:
    quota, _, period = _word(file).partition(" ")
    return _ratio(quota, period)


def _word(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _ratio(quota: str, period: str) -> float:
    try:
        share = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):  # "max": no limit
        return math.inf
    return share if share > 0 else math.inf


def library_threads() -> Mapping[str, int]:
    """Give how many threads libraries start here, by their names."""
    import numpy  # noqa: F401, so that its libraries are there to be asked
    from threadpoolctl import threadpool_info

    from hil.information.torch.threads import torch_threads

    found = {str(one["internal_api"]): int(one["num_threads"]) for one in threadpool_info()}
    return {**found, "torch": torch_threads()}


def threads(
    cores: int, counts: Mapping[str, int], environment: Mapping[str, str] | None = None
) -> str:
    """Say it in one line, with what to do.

    Parameters
    ----------
    cores
        As `usable_cores` gives them.
    counts
        As `library_threads` gives them.
    environment
        As `os.environ`, by default that.
    """
    around = os.environ if environment is None else environment
    set_by = [f"{name}={around[name]}" for name in _SET_BY if name in around]
    listed = ", ".join(f"{name} {n}" for name, n in counts.items())
    said = f"{listed}, of {cores} core{'s' if cores > 1 else ''} that this process may use"
    said += f" ({', '.join(set_by)})" if set_by else ""
    if any(n > cores for n in counts.values()):
        why = "NOT FIT, threads that are more than the cores wait for each other"
        return f"{said}: {why}: set OMP_NUM_THREADS={cores} before hil is started"
    if set_by and cores > 1 and counts.get("torch") == 1:
        return f"{said}: twins, designs and neural estimators use one core: unset it for these"
    return said
