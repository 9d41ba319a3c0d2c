"""What the two TOML files may say: `RigSpec` and `SessionSpec`, frozen and strict.

Everybody above comes in. May import records and errors.
"""

from hil.spec.axis import SearchAxis
from hil.spec.calibrate import CalibratedNoiseSpec, CalibrateSpec
from hil.spec.light import DoseSpec, Optics
from hil.spec.load import RigFile, SessionFile, load_rig_file, load_session_file
from hil.spec.measure import Blank, EstimatorSpec, Grid, Measure
from hil.spec.noise import (
    CameraNoiseSpec,
    GaussianNoiseSpec,
    NoiseSpec,
    PoissonNoiseSpec,
    XrayNoiseSpec,
)
from hil.spec.objective import RULES, Constraints, Objective, ObjectiveName
from hil.spec.rig import (
    DriverSpec,
    Interlock,
    Limit,
    LimitsTogether,
    MatrixLimit,
    ParkStep,
    RigSpec,
)
from hil.spec.sampler import (
    AutoSampler,
    CmaesSampler,
    GpSampler,
    GridSampler,
    ModelSampler,
    Nsga2Sampler,
    QmcSampler,
    RandomSampler,
    SamplerSpec,
    TpeSampler,
)
from hil.spec.session import Finish, Reference, SessionSpec, Stop
from hil.spec.start import Start
from hil.spec.unattended import Approval, Pause

__all__ = [
    "RULES",
    "Approval",
    "AutoSampler",
    "Blank",
    "CalibrateSpec",
    "CalibratedNoiseSpec",
    "CameraNoiseSpec",
    "CmaesSampler",
    "Constraints",
    "DoseSpec",
    "DriverSpec",
    "EstimatorSpec",
    "Finish",
    "GaussianNoiseSpec",
    "GpSampler",
    "Grid",
    "GridSampler",
    "Interlock",
    "Limit",
    "LimitsTogether",
    "MatrixLimit",
    "Measure",
    "ModelSampler",
    "NoiseSpec",
    "Nsga2Sampler",
    "Objective",
    "ObjectiveName",
    "Optics",
    "ParkStep",
    "Pause",
    "PoissonNoiseSpec",
    "QmcSampler",
    "RandomSampler",
    "Reference",
    "RigFile",
    "RigSpec",
    "SamplerSpec",
    "SearchAxis",
    "SessionFile",
    "SessionSpec",
    "Start",
    "Stop",
    "TpeSampler",
    "XrayNoiseSpec",
    "load_rig_file",
    "load_session_file",
]
