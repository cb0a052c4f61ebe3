"""The Frechet distance as the studio computes it; golden_distances.py has it by SciPy, to be held against."""

import numpy as np


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    """
    The Frechet distance of two sets of features [n, d] (Heusel et al. 2017). tr (C_a C_b)^(1/2) comes from the eigenvalues of the
    symmetric R C_b R with R R = C_a: with fewer pictures than features C_a is singular, and a general matrix root is not safe then.
    """
    ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    values, vectors = np.linalg.eigh(ca)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cb @ root), 0)).sum()
    gap = a.mean(0) - b.mean(0)
    return float(gap @ gap + np.trace(ca) + np.trace(cb) - 2 * shared)
