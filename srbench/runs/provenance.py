"""Device, libraries and revision of a run, which a reader needs to trust or repeat a number."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from srbench.files import library_versions


def device_name(device: str) -> str:
    """Return `cpu` and its architecture for device `cpu`, and the GPU's product name for `cuda`."""
    import torch

    return str(torch.cuda.get_device_name(device)) if device == "cuda" else f"cpu {platform.machine()}"


class Environment(BaseModel):
    """Device, threads and versions that a run's scores depend on; no host names, users or paths."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    device: str
    threads: int
    python: str
    system: str
    libraries: dict[str, str]


def environment(device: str) -> Environment:
    """Return device, threads, system and library versions of this process, for a torch device."""
    import torch

    return Environment(
        device=device_name(device),
        threads=torch.get_num_threads(),
        python=platform.python_version(),
        system=platform.system(),
        libraries=library_versions(),
    )


def git_revision() -> str | None:
    """Return the commit of srbench's git checkout, with `+` if files were changed; None outside a checkout."""
    here = Path(__file__).resolve().parent.parent.parent
    if not (here / ".git").exists():
        return None
    try:
        commit = _git(here, "rev-parse", "HEAD")
        return commit + ("+" if _git(here, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()  # noqa: S603  # fixed arguments


def srbench_version() -> str:
    """Return the installed version of srbench."""
    return version("srbench")
