"""Turning an upscaler into a producer of 8-bit images."""

from collections.abc import Sequence

from srbench.api import Colour, Job, Produced, Producer, Upscaler


def upscaling_producer(upscaler: Upscaler, colour: Colour, device: str) -> Producer:
    """Return a function that upscales jobs with an upscaler on `device` and warns of implausible results."""
    # Here, because planning and listing must not import torch.
    from srbench.methods.plausibility import suspicions
    from srbench.methods.upscale import upscale_planes

    def produce(jobs: Sequence[Job]) -> list[Produced]:
        scale = jobs[0].scale
        images = upscale_planes(upscaler, [job.lr for job in jobs], scale, colour=colour, device=device)
        return [Produced(image, suspicions(image, job.lr, scale)) for image, job in zip(images, jobs, strict=True)]

    return produce
