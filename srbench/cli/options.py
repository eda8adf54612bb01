"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

DeviceOption = Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Where methods run.")]

PrecisionOption = Annotated[
    Literal["fp32", "tf32", "bf16", "auto"],
    typer.Option(help="Of networks; auto: bf16 where a dataset's first images agree within 0.005 dB."),
]

RuntimeOption = Annotated[
    Literal["eager", "compile", "openvino"], typer.Option(help="What executes networks; openvino is an extra.")
]

SizeOption = Annotated[str, typer.Option("--size", "--sizes", help="Of LR when timing; 320x180,510x339 if not said.")]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
MetricsOption = Annotated[str, typer.Option(help="Metrics, separated by commas.")]
ProtocolOption = Annotated[str, typer.Option("--protocol", "--protocols", help="Protocols, separated by commas.")]
OutputOption = Annotated[Path | None, typer.Option(help="Run folder; the same command completes it.")]
SplitOption = Annotated[str, typer.Option(help="Of datasets that have several; test if not said.")]
LimitOption = Annotated[int | None, typer.Option(help="At most so many images of each dataset, always the same.")]
SaveImagesFlag = Annotated[bool, typer.Option("--save-images", help="Save every result, and HR, in the run folder.")]

ClassifierOption = Annotated[
    str,
    typer.Option("--classifier", "--classifiers", help="What looks at the results: celeba-attributes, timm:NAME, …"),
]

WeightsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--weights",
        help="NAME@WEIGHTS=FILE, FILE if one method is written with @, CLASSIFIER=FILE; may be repeated.",
    ),
]
