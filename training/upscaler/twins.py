"""The 256 px twins of the first renders of a split, beside their 64 px renders."""

from pathlib import Path

import numpy as np

LARGE = 256


class Twins:
    """`small` uint8 [n, 3, 64, 64] in memory; `large(index)` reads uint8 [b, 3, 256, 256] from the shards."""

    def __init__(self, folder: Path, name: str):
        shards = sorted(folder.glob(f"{name}-[0-9][0-9][0-9].256.rgb"))
        if not shards:
            raise FileNotFoundError(f"no 256 px twins {name}-*.256.rgb in {folder}: build the data first (training/README.md)")
        self._maps = [np.memmap(s, np.uint8, "r").reshape(-1, LARGE, LARGE, 3) for s in shards]
        small = []
        for shard, large in zip(shards, self._maps):
            flat = np.fromfile(folder / shard.name.replace(".256.rgb", ".rgb"), np.uint8).reshape(-1, 64, 64, 3)
            small.append(flat[: len(large)].transpose(0, 3, 1, 2))
        self.small = np.ascontiguousarray(np.concatenate(small))
        self._where = [(m, i) for m in self._maps for i in range(len(m))]

    def __len__(self):
        return len(self._where)

    def large(self, index, top: int = 0, left: int = 0, size: int = LARGE) -> np.ndarray:
        """A square crop of `size` pixels of the twins `index`, uint8 [b, 3, size, size]."""
        rows = [self._where[i][0][self._where[i][1], top : top + size, left : left + size] for i in index]
        return np.stack(rows).transpose(0, 3, 1, 2)
