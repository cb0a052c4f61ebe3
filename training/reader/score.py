"""Detail Matching: the share of wanted details that the reader finds. "Cannot tell" counts as not shown."""

import numpy as np

from .intervals import difference, interval
from .read import THRESHOLD, Reader, load_reader

__all__ = ["detail_matching", "difference", "interval"]


def detail_matching(images: np.ndarray, wanted: list[dict[str, str]], reader: Reader | None = None, threshold: float = THRESHOLD) -> list[dict[str, bool]]:
    """
    For each image (uint8 [n, 3, 64, 64]) and each wanted detail (group to value): is it shown?

    Raises ValueError for a count mismatch and for a group or value that the reader does not know.
    """
    reader = reader or load_reader()
    if len(images) != len(wanted):
        raise ValueError(f"expected one dictionary of wanted details per image, got {len(wanted)} for {len(images)} images")
    for details in wanted:
        for group, value in details.items():
            if value not in reader.groups.get(group, []):
                raise ValueError(f"the reader knows no detail {group}={value}; its groups are {', '.join(reader.groups)}")
    found = reader.read(images, threshold)
    return [{group: seen[group] == value for group, value in details.items()} for seen, details in zip(found, wanted)]
