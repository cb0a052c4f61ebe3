"""Where things lie: the checkout, and the cache folder outside it that holds data and checkpoints."""

import json
import os
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def cache() -> Path:
    """Cache folder; the variable ACCENT_CACHE overrides the user's own cache folder."""
    override = os.environ.get("ACCENT_CACHE")
    return Path(override) if override else Path.home() / ".cache" / "accent"


def data(config: dict | None = None) -> Path:
    """The folder of a config's data, by its key `data`; without one that of the embedded pack."""
    return cache() / (config or {}).get("data", "data")


def config_of(name: str) -> dict:
    """The config of that name; FileNotFoundError names its file."""
    return tomllib.loads((ROOT / "training" / "configs" / f"{name}.toml").read_text())


def config_of_pack(pack: Path) -> dict:
    """The config by which the domain of a finished pack is trained."""
    return config_of(json.loads((pack / "manifest.json").read_text()).get("domain", "first"))


def runs() -> Path:
    return cache() / "runs"
