"""AdamW for all weights, or Muon for the matrices of the blocks and AdamW for what is left."""

import torch


def make_optimizers(model: torch.nn.Module, lr: float, muon: float | None = None, decay: float = 0.02) -> list[torch.optim.Optimizer]:
    """
    The optimisers of a denoiser. With `muon`, the matrices of its blocks move by orthogonalised momentum (Jordan et al. 2024, from
    torch), at `muon` times the rate of the others; its `match_rms_adamw` makes one rate mean the same in both. Norms, biases,
    positions and the modulation stay with AdamW. Each group keeps its share of the rate in `share`.
    """
    moved = (".qkv.weight", ".proj.weight", ".fc1.weight", ".fc2.weight")
    matrices = {name: p for name, p in model.named_parameters() if muon and p.ndim == 2 and name.endswith(moved)}
    rest = [p for name, p in model.named_parameters() if name not in matrices]
    groups = [
        {"params": [p for p in rest if p.ndim > 1], "weight_decay": decay, "share": 1.0},
        {"params": [p for p in rest if p.ndim <= 1], "weight_decay": 0.0, "share": 1.0},
    ]
    found: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.99), fused=True)]
    if matrices:
        found.append(torch.optim.Muon([{"params": list(matrices.values()), "share": muon}], lr=lr, weight_decay=decay, momentum=0.95, adjust_lr_fn="match_rms_adamw"))
    return found


def load_states(optimizers: list[torch.optim.Optimizer], states: list[dict]) -> bool:
    """
    Loads moments saved by `[o.state_dict() for o in optimizers]`; false where there are none for these optimisers. The shares of
    the rate and the decay stay those of these optimisers: a training goes on by its config, not by what it was saved with.
    """
    if len(states) != len(optimizers) or not all(s["state"] for s in states):
        return False
    for optimizer, state in zip(optimizers, states):
        own = [{k: group[k] for k in ("share", "weight_decay")} for group in optimizer.param_groups]
        optimizer.load_state_dict(state)
        for group, kept in zip(optimizer.param_groups, own):
            group.update(kept)
    return True


def set_rate(optimizers: list[torch.optim.Optimizer], rate: float) -> None:
    """Sets each group's rate to its share of `rate`."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate * group["share"]
