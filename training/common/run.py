"""What every training shares: a run folder with checkpoint and log, bf16 only where it is fast, a time budget."""

import json
import os
import time
from functools import cache
from pathlib import Path

import torch

from . import paths


def matmul_seconds(dtype: torch.dtype, size: int = 512) -> float:
    """Seconds of the fastest of nine square products on the CPU."""
    a, times = torch.ones(size, size, dtype=dtype), []
    for _ in range(9):
        started = time.perf_counter()
        a @ a
        times.append(time.perf_counter() - started)
    return min(times)


@cache
def fast_bf16() -> bool:
    """
    Whether bf16 products pay here: measured, since flags do not say it. On AVX2 they are 8 times slower than float32, on a Zen 5
    faster, and on some Xeons whose AVX512-BF16 is there without AMX half as fast.
    """
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return matmul_seconds(torch.bfloat16) < 0.8 * matmul_seconds(torch.float32)


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast():
    kind = device().type
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=fast_bf16())


def distributed() -> tuple[int, int]:
    """(rank, world size); joins the process group that torchrun prepared."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1 and not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return int(os.environ.get("RANK", "0")), world


class Run:
    """A folder below the cache with `checkpoint.pt` (written atomically), `log.jsonl` and samples."""

    def __init__(self, name: str):
        self.folder = paths.runs() / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.rank, self.world = distributed()
        self._last_save = time.time()

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def load(self):
        return torch.load(self.checkpoint, map_location="cpu", weights_only=True) if self.checkpoint.exists() else None

    def save(self, state: dict):
        if self.rank == 0:
            part = self.checkpoint.with_suffix(".part")
            torch.save(state, part)
            part.replace(self.checkpoint)
        self._last_save = time.time()

    def save_due(self, seconds: float = 120) -> bool:
        return time.time() - self._last_save > seconds

    def log(self, **row):
        if self.rank == 0:
            row = {"time": round(time.time(), 1), **row}
            with open(self.folder / "log.jsonl", "a") as f:
                f.write(json.dumps(row) + "\n")
            print(json.dumps(row), flush=True)


class Ema:
    """Exponential moving average of parameters, warmed up so that early averages are not the initial weights."""

    def __init__(self, model: torch.nn.Module, decay: float):
        self.decay, self.steps = decay, 0
        self.shadow = {k: v.detach().clone() for k, v in model.state_dict().items()}

    def update(self, model: torch.nn.Module):
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        keys = list(self.shadow)
        state = model.state_dict()
        torch._foreach_lerp_([self.shadow[k] for k in keys], [state[k].detach() for k in keys], 1 - decay)
