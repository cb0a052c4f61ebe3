"""Where things lie: the checkout, and the cache folder outside it that holds data and checkpoints."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def cache() -> Path:
    """Cache folder; the variable ACCENT_CACHE overrides the user's own cache folder."""
    override = os.environ.get("ACCENT_CACHE")
    return Path(override) if override else Path.home() / ".cache" / "accent"


def data() -> Path:
    return cache() / "data"


def runs() -> Path:
    return cache() / "runs"
