"""What rooms and packs promise one another: values and protocols. Imports neither torch nor a codec."""

from __future__ import annotations

from srbench.api.classifier import (
    UNKNOWN,
    Classifier,
    ClassifierCost,
    ClassifierFactory,
    ClassifierRequest,
    ClassifierSpec,
    Panel,
    Prediction,
    View,
)
from srbench.api.dataset import TRUTH, Dataset, Labels, Listing, LrSource, Reader, Sample, Task
from srbench.api.image import Image, Planes
from srbench.api.inference import Inference, Precision, PrecisionChoice, Progress, RuntimeName, Trial, named_parts
from srbench.api.method import BuildableMethod, Job, Method, Produced, Producer, refuse_scale
from srbench.api.metric import (
    RESERVED_COLUMNS,
    ImagePair,
    Metric,
    MetricFactory,
    MetricInfo,
    MetricRequest,
    MetricSpec,
    SsimTerms,
)
from srbench.api.timing import DEFAULT_SIZES, MethodTiming, Size, Summary, default_batches
from srbench.api.upscaler import BuildRequest, Colour, Scales, Upscaler, UpscalerFactory

__all__ = [
    "DEFAULT_SIZES",
    "RESERVED_COLUMNS",
    "TRUTH",
    "UNKNOWN",
    "BuildRequest",
    "BuildableMethod",
    "Classifier",
    "ClassifierCost",
    "ClassifierFactory",
    "ClassifierRequest",
    "ClassifierSpec",
    "Colour",
    "Dataset",
    "Image",
    "ImagePair",
    "Inference",
    "Job",
    "Labels",
    "Listing",
    "LrSource",
    "Method",
    "MethodTiming",
    "Metric",
    "MetricFactory",
    "MetricInfo",
    "MetricRequest",
    "MetricSpec",
    "Panel",
    "Planes",
    "Precision",
    "PrecisionChoice",
    "Prediction",
    "Produced",
    "Producer",
    "Progress",
    "Reader",
    "RuntimeName",
    "Sample",
    "Scales",
    "Size",
    "SsimTerms",
    "Summary",
    "Task",
    "Trial",
    "Upscaler",
    "UpscalerFactory",
    "View",
    "default_batches",
    "named_parts",
    "refuse_scale",
]
