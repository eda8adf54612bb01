"""What rooms and packs promise one another: values and protocols. Imports neither torch nor a codec."""

from __future__ import annotations

from srbench.api.classifier import (
    UNKNOWN,
    Classifier,
    ClassifierFactory,
    ClassifierRequest,
    ClassifierSpec,
    Prediction,
    View,
)
from srbench.api.dataset import TRUTH, Dataset, Labels, Listing, LrSource, Reader, Sample, Task
from srbench.api.image import Image, Planes
from srbench.api.inference import Inference, Precision, PrecisionChoice, Progress, RuntimeName, Trial, named_parts
from srbench.api.method import BuildableMethod, Job, Method, Produced, Producer
from srbench.api.metric import Metric
from srbench.api.timing import DEFAULT_SIZES, MethodTiming, Size, Summary, default_batches
from srbench.api.upscaler import BuildRequest, Colour, Scales, Upscaler, UpscalerFactory

__all__ = [
    "DEFAULT_SIZES",
    "TRUTH",
    "UNKNOWN",
    "BuildRequest",
    "BuildableMethod",
    "Classifier",
    "ClassifierFactory",
    "ClassifierRequest",
    "ClassifierSpec",
    "Colour",
    "Dataset",
    "Image",
    "Inference",
    "Job",
    "Labels",
    "Listing",
    "LrSource",
    "Method",
    "MethodTiming",
    "Metric",
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
    "Summary",
    "Task",
    "Trial",
    "Upscaler",
    "UpscalerFactory",
    "View",
    "default_batches",
    "named_parts",
]
