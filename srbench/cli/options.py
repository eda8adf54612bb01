"""Options shared by several verbs."""

from pathlib import Path
from typing import Annotated, Literal

import typer

DeviceOption = Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Device that methods run on.")]

ClassifierDeviceOption = Annotated[
    Literal["auto", "cpu", "cuda"], typer.Option("--device", help="Device that classifiers run on.")
]

PrecisionOption = Annotated[
    Literal["fp32", "tf32", "bf16", "auto"],
    typer.Option(help="Precision of networks; auto: bf16 if faster and within 0.005 dB on a dataset's first images."),
]

RuntimeOption = Annotated[
    Literal["eager", "compile", "openvino"], typer.Option(help="Runtime of networks; openvino is an extra.")
]

SizeOption = Annotated[
    str, typer.Option("--size", "--sizes", help="LR sizes to time, in pixels; default: 320x180,510x339.")
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
MetricsOption = Annotated[str, typer.Option(help="Metrics, separated by commas.")]
ProtocolOption = Annotated[str, typer.Option("--protocol", "--protocols", help="Protocols, separated by commas.")]
OutputOption = Annotated[Path | None, typer.Option("--output", "-o", help="Run folder; the same command completes it.")]
SplitOption = Annotated[str, typer.Option(help="Split, for datasets with several; default: test.")]
ImagesOption = Annotated[
    str, typer.Option(help="Ids of the images to take, separated by commas, or @FILE with an id a line.")
]
LimitOption = Annotated[int | None, typer.Option(help="Maximum number of images per dataset, always the same ones.")]
SaveImagesFlag = Annotated[bool, typer.Option("--save-images", help="Save every result and its HR in the run folder.")]

ClassifierOption = Annotated[
    str,
    typer.Option(
        "--classifier", "--classifiers", help="Classifiers to run on the results: celeba-attributes, timm:NAME, …"
    ),
]

WeightsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--weights",
        help="NAME@WEIGHTS=FILE, CLASSIFIER=FILE, METRIC=FILE, or FILE if one method is written with @. Repeatable.",
    ),
]
