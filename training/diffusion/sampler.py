"""
Batched two-stage sampling in PyTorch: the same formulas as the studio's sampler (main/engine/sampler), for checks and
evaluations on many images at once.
"""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

from ..common.run import autocast
from .gradient import GradientScale, semantic_gradient
from .schedule import Schedule


@dataclass
class Plan:
    steps: int = 50
    guidance: float = 3.0
    rebuild: str = "mean-shift"
    window: tuple[int, int] = (100, 900)
    #: single (stage 1 only), null (stage 2 with null gradient), gradient
    stages: str = "gradient"
    #: For the experiments of method.md only (the studio has none of them): the gradient in the null branch too, the weight
    #: of every phrase, a low-passed gradient.
    null_gradient: bool = False
    weight: float = 1.0
    low_pass: bool = False


@dataclass
class Batch:
    """Condition [B, 1+K, D], mask [B, 1+K]; cotangent(t) -> [B, D] at a level (only where stages is gradient)."""

    condition: torch.Tensor
    mask: torch.Tensor
    noise: torch.Tensor
    cotangent: object = None
    counters: dict = field(default_factory=lambda: {"denoiser": 0, "vjp": 0})


class TwoStageSampler:
    def __init__(self, denoiser, encoder, schedule: Schedule, scale: GradientScale, at_prediction: bool = False):
        """`at_prediction`: the gradient is taken at stage 1's clean prediction instead of at its image."""
        self.denoiser, self.encoder, self.schedule, self.scale, self.at_prediction = denoiser, encoder, schedule, scale, at_prediction

    def _predict(self, batch: Batch, plan: Plan, x, g, t: int):
        n = len(x)
        level = torch.full((n,), float(t))
        null = torch.zeros_like(x)
        with torch.no_grad(), autocast():
            if plan.guidance == 0:
                out = self.denoiser(x, null if g is None else g, level, batch.condition, batch.mask)
            else:
                both = self.denoiser(
                    torch.cat([x, x]), torch.cat([null if g is None else g, g if plan.null_gradient and g is not None else null]), torch.cat([level, level]),
                    torch.cat([batch.condition, batch.condition]), torch.cat([batch.mask, torch.zeros_like(batch.mask)]),
                )
                c, u = both[:n], both[n:]
                out = c + plan.guidance * (c - u)
        batch.counters["denoiser"] += 1
        return out.float().clamp(-1, 1)

    def _ddim(self, x, clean, source: int, target: int):
        a, s = self.schedule._alpha, self.schedule._sigma
        noise = (x - a[source] * clean) / s[source]
        return a[target] * clean + s[target] * noise

    def run(self, batch: Batch, plan: Plan) -> torch.Tensor:
        """x_0 [B, 3, S, S]."""
        x = batch.noise
        levels = [round(1000 * (1 - i / plan.steps)) for i in range(plan.steps + 1)]
        i = 1
        while i <= plan.steps:
            source, t = levels[i - 1], levels[i]
            clean = self._predict(batch, plan, x, None, source)
            coarse = self._ddim(x, clean, source, t)
            if plan.stages == "single" or t == 0 or not plan.window[0] <= t <= plan.window[1]:
                x, i = coarse, i + 1
                continue
            g = None
            if plan.stages == "gradient":
                with autocast():
                    raw = semantic_gradient(self.encoder, clean if self.at_prediction else coarse, plan.weight * batch.cotangent(t))
                if plan.low_pass:
                    raw = F.avg_pool2d(raw, 5, stride=1, padding=2, count_include_pad=False)
                batch.counters["vjp"] += 1
                g = self.scale.apply(raw, torch.full((len(x),), t))
            refined = self._predict(batch, plan, coarse, g, t)
            alpha = self.schedule._alpha[t]
            if plan.rebuild == "continue" and i < plan.steps:
                x = self._ddim(coarse, refined, t, levels[i + 1])
                i += 1
            elif plan.rebuild == "difference" and g is not None:
                x = coarse + alpha * (refined - self._predict(batch, plan, coarse, None, t))
            else:
                x = coarse + alpha * (refined - clean)
            i += 1
        return x.clamp(-1, 1)
