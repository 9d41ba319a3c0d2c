"""What is used of BoTorch, imported without the warnings of its own dependencies.

BoTorch 0.18 compiles a kernel of its own in C++ at the first hypervolume, where the machine has a
compiler: half a minute in mid-session, for code that is tied to this processor and adds in another
order. Proposals are the same on every machine, so that it is told that this was tried.
"""

import warnings

with warnings.catch_warnings():
    # torch's, of what linear_operator still does
    warnings.simplefilter("ignore", DeprecationWarning)
    from botorch.acquisition.multi_objective import logei
    from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
    from botorch.models.model import Model, ModelList
    from botorch.posteriors.gpytorch import GPyTorchPosterior
    from botorch.sampling.normal import SobolQMCNormalSampler
    from botorch.utils.multi_objective.hypervolume import infer_reference_point
    from botorch.utils.multi_objective.pareto import is_non_dominated
    from gpytorch.distributions import MultitaskMultivariateNormal, MultivariateNormal

if hasattr(logei, "_load_attempted"):
    logei._load_attempted = True  # noqa: SLF001  there is no option

__all__ = [
    "GPyTorchPosterior",
    "Model",
    "ModelList",
    "MultitaskMultivariateNormal",
    "MultivariateNormal",
    "SobolQMCNormalSampler",
    "infer_reference_point",
    "is_non_dominated",
    "qLogNoisyExpectedHypervolumeImprovement",
]
