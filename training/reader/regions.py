"""
Where each attribute group is drawn: found from the training renders themselves, since every style keeps its parts in place.

Each pixel of a subject's pictures is fitted as a sum of one effect a value; it belongs to the groups whose effects differ there.
"""

import numpy as np


def regions(images: np.ndarray, scenes: list[dict], groups: dict[str, list[str]], least: float = 14.0, most: int = 6000) -> dict[tuple[str, str], np.ndarray]:
    """
    (subject, group) to a bool mask [S, S]. `images` uint8 [n, 3, S, S]; `least` is how far, in levels of 255, the largest
    and the smallest effect of a group's values (and of its absence) must differ; `most` pictures of a subject are looked at.
    """
    out = {}
    for subject in groups["subject"]:
        rows = [i for i, s in enumerate(scenes) if s["subject"] == subject][:most]
        columns = sorted({(g, scenes[i].get(g)) for i in rows for g in groups if g != "subject"}, key=lambda c: (c[0], c[1] or ""))
        columns = [c for c in columns if any(c[0] == g and v != c[1] for g, v in columns)]
        place = {c: k for k, c in enumerate(columns)}
        design = np.zeros((len(rows), len(columns)), np.float32)
        for row, i in enumerate(rows):
            for g in {g for g, _ in columns}:
                design[row, place[g, scenes[i].get(g)]] = 1
        y = images[rows].reshape(len(rows), -1).astype(np.float32)
        y -= y.mean(0)
        design -= design.mean(0)
        effects = np.linalg.pinv(design.T @ design, rcond=1e-5) @ (design.T @ y)
        for g in {g for g, _ in columns}:
            spread = np.ptp(effects[[place[c] for c in columns if c[0] == g]], axis=0).reshape(images.shape[1:]).max(0)
            if (spread > least).any():
                out[subject, g] = spread > least
    return out
