"""An image classifier saved by Hugging Face transformers; no code in its folder is executed."""

from __future__ import annotations

from torch import Tensor, nn

from srbench.api import Classifier, ClassifierRequest
from srbench.errors import RequestError, one_line
from srbench.files import expanded
from srbench_models.classifiers.adapter import NetworkClassifier
from srbench_models.libraries import loaded

__all__ = ["build"]


def build(request: ClassifierRequest) -> Classifier:
    """Load the classifier and the image processor of a folder.

    Raises:
        RuntimeMissingError: transformers is not installed.
        RequestError: The folder does not exist, or holds no image classifier.
    """
    folder = expanded(request.variant)
    if not folder.is_dir():
        raise RequestError(f"transformers:{request.variant}: no such folder; save a model there with save_pretrained")
    library = loaded("transformers", "transformers")
    try:
        model = library.AutoModelForImageClassification.from_pretrained(folder, local_files_only=True)
        processor = library.AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise RequestError(f"{folder}: holds no classifier of images ({one_line(error)})") from error
    labels = model.config.id2label
    several = model.config.problem_type == "multi_label_classification"

    def prepare(images: Tensor) -> Tensor:
        pixels = (images * 255).round().byte().cpu()
        made: Tensor = processor(images=list(pixels), return_tensors="pt")["pixel_values"]
        return made.to(request.device)

    classes = tuple(str(labels[index]) for index in sorted(labels))
    return NetworkClassifier(_Logits(model), "attributes" if several else "classes", classes, request.device, prepare)


class _Logits(nn.Module):
    """Returns only the logits of a transformers model."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> Tensor:
        logits: Tensor = self.model(pixel_values=pixels).logits
        return logits
