"""Counter-based splitmix64 + Box-Muller, the one noise definition that training and studio share (docs/pack-format.md)."""

import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)


def _mix(z: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def substream(seed: int, k: int) -> int:
    """Seed of sub-stream k: mix(seed ^ mix(k + 1))."""
    inner = _mix(np.array([k + 1], np.uint64))
    return int(_mix(np.array([seed], np.uint64) ^ inner)[0])


def normals(seed: int, n: int) -> np.ndarray:
    """The first n standard normals of a stream, float32."""
    m = n + (n & 1)
    with np.errstate(over="ignore"):
        z = _mix(np.uint64(seed) + (np.arange(m, dtype=np.uint64) + np.uint64(1)) * _STEP)
    u = ((z >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    r, angle = np.sqrt(-2 * np.log(u[0::2])), 2 * np.pi * u[1::2]
    return np.stack([r * np.cos(angle), r * np.sin(angle)], 1).reshape(-1)[:n].astype(np.float32)


def noise_bank(seed: int, count: int, size: int) -> np.ndarray:
    """[count, 3, size, size]: image k is the first 3*size*size normals of sub-stream k."""
    return np.stack([normals(substream(seed, k), 3 * size * size).reshape(3, size, size) for k in range(count)])
