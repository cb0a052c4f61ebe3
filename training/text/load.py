"""The trained text encoder of a config, for other trainings and for the checks."""

import torch

from ..common import paths
from .features import FILES, hidden_states, package
from .minilm import MiniLm, TextEncoder, TextHead


class LoadedText:
    def __init__(self, encoder: TextEncoder, dims: int):
        self.encoder, self.dims = encoder, dims

    @torch.no_grad()
    def embed(self, texts: list[str], chunk: int = 4096) -> torch.Tensor:
        """Unit embeddings [n, dims]."""
        out = []
        for i in range(0, len(texts), chunk):
            states, mask = hidden_states(self.encoder.words, texts[i : i + chunk])
            for s, m in zip(states.split(512), mask.split(512)):
                out.append(self.encoder.head(s.float(), m))
        return torch.cat(out)


def load_text(name: str) -> LoadedText:
    state = torch.load(paths.runs() / name / "text" / "checkpoint.pt", weights_only=True)
    head = TextHead(state["dims"])
    head.load_state_dict(state["head"])
    return LoadedText(TextEncoder(MiniLm.from_onnx(package() / FILES[0]), head.eval()).eval(), state["dims"])


