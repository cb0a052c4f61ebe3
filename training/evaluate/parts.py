"""Where the evaluation parts of a domain lie below models/: its reader, its prompts and its sample images."""

from pathlib import Path

from ..common import paths


def evaluation_folder(config: dict, part: str) -> Path:
    """The folder of a config's `reader`, `prompts` or `sample`; the embedded pack's have the plain names."""
    suffix = "" if config.get("domain", "first") == "first" else f"-{config['domain']}"
    parent = paths.ROOT / "models" if part == "sample" else paths.ROOT / "models" / "evaluation"
    return parent / f"{part}{suffix}"
