"""
Bootstrap intervals over prompts: details of one prompt succeed or fail together, so prompts are resampled, not details.
Needs numpy alone.
"""

import numpy as np


def _counts(matches: list[dict[str, bool]]) -> np.ndarray:
    return np.array([[sum(m.values()), len(m)] for m in matches], np.float64).reshape(-1, 2)


def _resampled(rows: int, draws: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, rows, (draws, rows))


def interval(matches: list[dict[str, bool]], draws: int = 2000, seed: int = 0) -> tuple[float, float, float]:
    """(share of details shown, low, high) with a 95 % percentile bootstrap over prompts, all in 0..1."""
    counts = _counts(matches)
    if counts[:, 1].sum() == 0:
        raise ValueError("no details to score: every dictionary of wanted details is empty")
    sums = counts[_resampled(len(counts), draws, seed)].sum(1)
    rates = sums[:, 0] / np.maximum(sums[:, 1], 1)
    low, high = np.percentile(rates, [2.5, 97.5])
    return float(counts[:, 0].sum() / counts[:, 1].sum()), float(low), float(high)


def percents(shares: tuple[float, ...], digits: int = 1) -> list[float]:
    """Shares or differences in per cent, rounded."""
    return [round(100 * x, digits) for x in shares]


def difference(a: list[dict[str, bool]], b: list[dict[str, bool]], draws: int = 2000, seed: int = 0) -> tuple[float, float, float]:
    """(rate(a) - rate(b), low, high): two arms over the SAME prompts in the same order, resampled together."""
    if [list(x) for x in a] != [list(x) for x in b]:
        raise ValueError("the two arms must be scored on the same prompts and details, in the same order")
    x, y = _counts(a), _counts(b)
    if x[:, 1].sum() == 0:
        raise ValueError("no details to score: every dictionary of wanted details is empty")
    index = _resampled(len(x), draws, seed)
    sx, sy = x[index].sum(1), y[index].sum(1)
    gaps = (sx[:, 0] - sy[:, 0]) / np.maximum(sx[:, 1], 1)
    low, high = np.percentile(gaps, [2.5, 97.5])
    return float((x[:, 0].sum() - y[:, 0].sum()) / x[:, 1].sum()), float(low), float(high)
