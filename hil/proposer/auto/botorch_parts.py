"""What is used of BoTorch, imported without the warnings of its own dependencies."""

import warnings

with warnings.catch_warnings():
    # torch's, of what linear_operator still does
    warnings.simplefilter("ignore", DeprecationWarning)
    from botorch.acquisition.analytic import LogExpectedImprovement
    from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
    from botorch.models.model import Model, ModelList
    from botorch.posteriors.gpytorch import GPyTorchPosterior
    from botorch.sampling.normal import SobolQMCNormalSampler
    from botorch.utils.multi_objective.hypervolume import infer_reference_point
    from botorch.utils.multi_objective.pareto import is_non_dominated
    from gpytorch.distributions import MultitaskMultivariateNormal, MultivariateNormal

__all__ = [
    "GPyTorchPosterior",
    "LogExpectedImprovement",
    "Model",
    "ModelList",
    "MultitaskMultivariateNormal",
    "MultivariateNormal",
    "SobolQMCNormalSampler",
    "infer_reference_point",
    "is_non_dominated",
    "qLogNoisyExpectedHypervolumeImprovement",
]
