"""The arguments of the harness: what each accepts, in words and as a check."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from srbench.api import LrSource, Precision, PrecisionChoice, Progress, RuntimeChoice
from srbench.harness.arguments import kinds, places
from srbench.harness.arguments.argument import Argument

METHODS = Argument("a method's name such as 'bicubic', a function, or a list of them", kinds.names(kinds.method))
METHOD = Argument("a method's name such as 'edsr', or './file.py:function'", kinds.name)
NAMES = Argument("a name of the run's methods, or a list of them", kinds.names(kinds.name))
DATASETS = Argument(
    "a name such as 'set5', a folder such as './photos', or a list of them", kinds.names(places.dataset)
)
DATASET = Argument("a name such as 'set5', or a folder such as './photos'", places.dataset)
SCALES = Argument("a whole number from 2 to 16, or a list of them", kinds.several(kinds.integer(2, 16)))
SCALE = Argument("a whole number from 2 to 16", kinds.integer(2, 16))
PROTOCOLS = Argument("a protocol's name such as 'rgb', or a list of names", kinds.names(kinds.name))
METRICS = Argument("a metric's name such as 'psnr', a srbench.Metric, or a list of them", kinds.names(kinds.metric))
CLASSIFIERS = Argument("a classifier's name such as 'timm:resnet50', or a list of names", kinds.names(kinds.name))
SCALE_OR_NONE = Argument(f"{SCALE.expected}, or None for the first", kinds.optional(SCALE.read))
SIZES = Argument("a list of LR sizes (width, height) in pixels, such as [(320, 180)]", kinds.sizes)
BATCHES = Argument("numbers of images per call, such as [1, 4]", kinds.optional(kinds.several(kinds.integer(1))))
DEVICE = Argument("'auto', 'cpu' or 'cuda'", kinds.name)
PRECISION: Argument[Precision] = Argument("'fp32', 'tf32' or 'bf16'", kinds.choice(Precision))
PRECISIONS: Argument[tuple[PrecisionChoice, ...]] = Argument(
    "'fp32', 'tf32' or 'bf16', or a list of them", kinds.names(kinds.choice(PrecisionChoice))
)
RUNTIME: Argument[RuntimeChoice] = Argument("'eager', 'compile' or 'openvino'", kinds.choice(RuntimeChoice))
WEIGHTS = Argument("files, or a dict such as {'edsr@mine': 'mine.safetensors'}", places.weights)
NAMED_WEIGHTS = Argument("a dict such as {'edsr@official': 'edsr.pt'}, or None", places.weights_by_name)
METRIC_WEIGHTS = Argument("a dict of a file by metric", places.files_by_name)
PATH = Argument("a path, as text or pathlib.Path", places.path)
FOLDER = Argument("a folder, as text or pathlib.Path", places.image_folder)
TEXT = Argument("text", kinds.text)
FLAG = Argument("True or False", kinds.boolean)
IMAGE = Argument("an image file, 'DATASET/ID', or an image's id", places.path_text)
IMAGE_ID = Argument("an image's id, or 'DATASET/ID'", kinds.name)
CROP = Argument("'auto', 'x,y,w,h' or four whole numbers", kinds.crop)
PROGRESS: Argument[Progress] = Argument("a function of two numbers, those done and all", kinds.callback)
PROGRESS_OR_NONE = Argument(f"{PROGRESS.expected}, or None", kinds.optional(kinds.callback))

OPTIONS: Mapping[str, Argument[Any]] = MappingProxyType(
    {
        "protocol": PROTOCOLS,
        "metrics": METRICS,
        "classifiers": CLASSIFIERS,
        "classifier_weights": Argument("a dict of a file by classifier", places.files_by_name),
        "metric_weights": METRIC_WEIGHTS,
        "split": Argument("a split's name such as 'valid', or ''", kinds.text),
        "images": Argument("an image's id, '@FILE' with an id a line, or a list of ids", places.image_ids),
        "limit": Argument("a whole number of images, 1 or more, or None", kinds.optional(kinds.integer(1))),
        "output": Argument("a folder, 'auto' (below runs/) or None (in memory)", places.run_folder),
        "save_images": FLAG,
        "progress": PROGRESS_OR_NONE,
        "datasets": DATASETS,
        "scale": SCALES,
        "lr": Argument("'made' (by the protocol) or 'given' (the dataset's own files)", kinds.choice(LrSource)),
        "device": DEVICE,
        "precision": Argument("'fp32', 'tf32', 'bf16' or 'auto'", kinds.choice(PrecisionChoice)),
        "runtime": RUNTIME,
        "weights": WEIGHTS,
        "timing": Argument("True, False, or a list of LR sizes (width, height) such as [(320, 180)]", kinds.timing),
    }
)
"""The options of `srbench.run` and `srbench.score` by name."""
