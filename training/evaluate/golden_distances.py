"""
Writes the reference numbers that the studio's Frechet and kernel distances are tested against, computed with NumPy and
SciPy by their published formulas (Heusel et al. 2017 as clean-fid computes it; Binkowski et al. 2018, unbiased).

    python -m training.evaluate.golden_distances > test/golden/distances.json
"""

import json

import numpy as np
from scipy import linalg


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    """|mu_a - mu_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)), covariances with n - 1."""
    ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = linalg.sqrtm(ca @ cb)
    gap = a.mean(0) - b.mean(0)
    return float(gap @ gap + np.trace(ca) + np.trace(cb) - 2 * np.trace(np.real(root)))


def kernel(a: np.ndarray, b: np.ndarray) -> float:
    """Unbiased squared MMD with k(x, y) = (x . y / d + 1)^3."""
    k = lambda x, y: (x @ y.T / x.shape[1] + 1) ** 3
    n, m = len(a), len(b)
    aa, bb, ab = k(a, a), k(b, b), k(a, b)
    return float((aa.sum() - np.trace(aa)) / (n * (n - 1)) + (bb.sum() - np.trace(bb)) / (m * (m - 1)) - 2 * ab.mean())


def main():
    rng = np.random.default_rng(11)
    cases = []
    for name, n, m, d in (("more images than features", 40, 50, 6), ("fewer images than features", 5, 9, 8), ("rectified features", 30, 30, 5)):
        mix = rng.normal(size=(d, d))
        a, b = rng.normal(size=(n, d)) @ mix, rng.normal(size=(m, d)) @ mix * 1.3 + 0.4
        if name.startswith("rectified"):
            a, b = np.maximum(a, 0), np.maximum(b, 0)
        a, b = a.astype(np.float32), b.astype(np.float32)
        cases.append({"name": name, "dims": d, "a": a.ravel().tolist(), "b": b.ravel().tolist(), "frechet": frechet(a.astype(float), b.astype(float)), "kernel": kernel(a.astype(float), b.astype(float))})
    print("{\"cases\": [\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]}")


if __name__ == "__main__":
    main()
