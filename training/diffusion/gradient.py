"""The semantic-induced gradient of Eq. 10, added over references as Eq. 9 allows."""

import torch


def semantic_gradient(encoder, x, cotangent):
    """d(f(x) . cotangent)/dx for x [B, 3, S, S] and cotangent [B, D]; no graph is kept."""
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        (g,) = torch.autograd.grad((encoder(x) * cotangent).sum(), x)
    return g.float()


class GradientScale:
    """Median RMS of the raw gradient at weight 1 by level; the network sees clip(g / rms(t))."""

    def __init__(self, levels, rms, clip: float = 5.0):
        self.levels, self.rms, self.clip = torch.as_tensor(levels).float(), torch.as_tensor(rms).float(), clip

    def at(self, t):
        i = torch.searchsorted(self.levels, t.float(), right=True).clamp(1, len(self.levels) - 1)
        lo, hi = self.levels[i - 1], self.levels[i]
        return torch.lerp(self.rms[i - 1], self.rms[i], ((t - lo) / (hi - lo)).clamp(0, 1))

    def apply(self, g, t):
        return (g / self.at(t).view(-1, 1, 1, 1)).clamp(-self.clip, self.clip)
