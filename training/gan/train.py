"""
Trains a language-free text-to-image GAN in the spirit of LAFITE (Zhou et al. 2022), from images alone: the condition is a pseudo
text feature, an image's embedding by the pack's encoder moved by noise.

    python -m training.gan.train --config training/configs/first.toml [--minutes 30] [--images 200000]

The discriminator's loss is relativistic (a real image against the generated one of the same condition; R3GAN, Huang et al. 2024)
with R1 and R2 every few steps, and its semantic head learns to find a real image's own condition. The generator is judged by
both heads, and by the frozen encoder, which must find the condition in the generated image.
"""

import argparse
import time
import tomllib

import numpy as np
import torch
import torch.nn.functional as F

from ..common import paths
from ..common.data import Split, to_pixels, to_unit
from ..common.run import Ema, Run, autocast
from ..denoiser.train import load_encoder
from .model import Discriminator, Generator, contrast, pseudo_text


def load_features(config) -> torch.Tensor:
    """Embeddings [N, D] of all training images by the config's encoder, which the denoiser's training wrote."""
    path = paths.runs() / config["name"] / "references.pt"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: start training.denoiser.train once, it embeds the training images first (training/README.md)")
    return torch.load(path, weights_only=True)["source"].float()


def penalty(discriminator, images, h):
    """R1 or R2: mean squared norm of the logit's gradient at images [B, 3, S, S], with a graph for the weights."""
    x = images.detach().requires_grad_(True)
    logits, _ = discriminator(x, h)
    (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
    return gradient.pow(2).sum((1, 2, 3)).mean()


def discriminator_loss(discriminator, real, fake, h, c):
    """
    (loss, real logits [B], generated logits [B]): relativistic on pairs of one condition h, and the semantic head's contrast on
    real images.
    """
    with autocast():
        up, semantic = discriminator(real, h)
        down, _ = discriminator(fake.detach(), h)
    return F.softplus(down - up).mean() + c["semantic"] * contrast(semantic, h, c["temperature"]), up.detach(), down.detach()


def generator_loss(discriminator, encoder, fake, up, h, c):
    """
    (loss, contrast by the encoder): relativistic against the real logits up [B], contrast of the condition by the discriminator's
    semantic head, and by the frozen encoder on the first `guided` images.
    """
    n = c["guided"]
    with autocast():
        down, semantic = discriminator(fake, h)
        seen = encoder(fake[:n])
    found = contrast(seen, h, c["temperature"])
    return F.softplus(up - down).mean() + c["semantic"] * contrast(semantic, h, c["temperature"]) + c["encoder"] * found, found.detach()


class Training:
    """Both networks, their optimisers and the generator's average; one call is one step on real images and their features."""

    def __init__(self, c: dict, encoder):
        self.c, self.encoder = c, encoder
        self.generator = Generator(**c["generator"]).to(memory_format=torch.channels_last)
        self.discriminator = Discriminator(**c["discriminator"]).to(memory_format=torch.channels_last)
        adam = lambda model: torch.optim.Adam(model.parameters(), lr=c["lr"], betas=(0.0, 0.99), fused=True)
        self.of_generator, self.of_discriminator = adam(self.generator), adam(self.discriminator)
        self.ema = Ema(self.generator, c["ema"])
        self.steps = 0

    def state(self) -> dict:
        return {
            "generator": self.generator.state_dict(), "discriminator": self.discriminator.state_dict(), "ema": self.ema.shadow, "emaSteps": self.ema.steps,
            "ofGenerator": self.of_generator.state_dict(), "ofDiscriminator": self.of_discriminator.state_dict(), "steps": self.steps,
        }

    def load(self, state: dict):
        self.generator.load_state_dict(state["generator"])
        self.discriminator.load_state_dict(state["discriminator"])
        self.of_generator.load_state_dict(state["ofGenerator"])
        self.of_discriminator.load_state_dict(state["ofDiscriminator"])
        self.ema.shadow, self.ema.steps, self.steps = state["ema"], state["emaSteps"], state["steps"]

    def rate(self, lr: float):
        for optimizer in (self.of_generator, self.of_discriminator):
            for group in optimizer.param_groups:
                group["lr"] = lr

    def step(self, real, own) -> dict[str, float]:
        """Real images [B, 3, S, S] with embeddings own [B, D]; returns what is logged."""
        c = self.c
        h = pseudo_text(own, c["noise"])
        with autocast():
            fake = self.generator(torch.randn(len(h), self.generator.noise), h)
        loss_d, up, down = discriminator_loss(self.discriminator, real, fake, h, c)
        out = {"discriminator": loss_d.item(), "gap": (up - down).mean().item()}
        if self.steps % c["penaltyEvery"] == 0:
            n = c["penaltyBatch"]
            size = penalty(self.discriminator, real[:n], h[:n]) + penalty(self.discriminator, fake[:n], h[:n])
            # Lazy: taken rarely, so weighed by how rarely.
            loss_d = loss_d + c["penaltyEvery"] * c["penalty"] / 2 * size
            out["penalty"] = size.item()
        self.of_discriminator.zero_grad(set_to_none=True)
        loss_d.backward()
        self.of_discriminator.step()
        self.discriminator.requires_grad_(False)
        loss_g, found = generator_loss(self.discriminator, self.encoder, fake, up, h, c)
        self.of_generator.zero_grad(set_to_none=True)
        loss_g.backward()
        self.discriminator.requires_grad_(True)
        self.of_generator.step()
        self.ema.update(self.generator)
        self.steps += 1
        return {**out, "generator": loss_g.item(), "encoder": found.item()}

    def average(self) -> Generator:
        model = Generator(**self.generator.config).to(memory_format=torch.channels_last)
        model.load_state_dict(self.ema.shadow)
        return model.eval()


@torch.no_grad()
def drawn(generator: Generator, z, h, batch: int) -> np.ndarray:
    """uint8 images [n, 3, 64, 64] for noise z [n, N] and features h [n, D]."""
    return to_pixels(torch.cat([generator(a, b) for a, b in zip(z.split(batch), h.split(batch))]))


def sample(generator: Generator, h, seed: int = 0, batch: int = 100) -> np.ndarray:
    """uint8 images [n, 3, 64, 64] for features h [n, D]; image k has the k-th noise of the seed."""
    z = torch.randn(len(h), generator.noise, generator=torch.Generator().manual_seed(seed))
    return drawn(generator, z, h, batch)


def write_sheet(generator: Generator, images: np.ndarray, features, path, columns: int = 16):
    """Rows of three: training images, and two generated from their embeddings with different noise."""
    from PIL import Image

    rows = []
    for start in range(0, len(images), columns):
        h = features[start : start + columns]
        rows += [images[start : start + columns], sample(generator, h, 1), sample(generator, h, 2)]
    size = images.shape[-1]
    flat = np.stack(rows).transpose(0, 3, 1, 4, 2).reshape(len(rows) * size, columns * size, 3)
    Image.fromarray(flat).save(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--images", type=int, help="stop after this many images seen")
    args = parser.parse_args()
    config = tomllib.load(open(args.config, "rb"))
    c, run = config["gan"], Run(f"{config['name']}/gan")
    features = load_features(config)
    images = Split(paths.data(config), "train", records=False).images
    torch.manual_seed(config["seed"])
    training = Training(c, load_encoder(config))
    state, seen, spent = run.load(), 0, 0.0
    if state:
        training.load(state)
        seen, spent = state["seen"], state["spent"]
    torch.manual_seed(config["seed"] * 1000 + seen)
    order_of = np.random.default_rng(config["seed"] + seen)
    batch, order, rows = c["batch"], [], []
    started, start_seen, last_sheet = time.time(), seen, time.time()
    stop_at = args.images or c["images"]

    def save():
        run.save({**training.state(), "seen": seen, "spent": spent + time.time() - started, "config": c})

    def draw():
        write_sheet(training.average(), images[:32], features[:32], run.folder / f"sheet-{seen:07d}.png")

    while seen < stop_at and (not args.minutes or time.time() - started < args.minutes * 60):
        if len(order) < batch:
            order = order_of.permutation(len(images)).tolist()
        index = np.sort([order.pop() for _ in range(batch)])
        training.rate(c["lr"] * max(c["lrFloor"], min(1, (stop_at - seen) / (c["cooldown"] * stop_at))))
        rows.append(training.step(to_unit(images[index]), features[index]))
        seen += batch
        if training.steps % 100 == 0:
            mean = {k: round(float(np.mean([r[k] for r in rows if k in r])), 4) for k in ("discriminator", "gap", "generator", "encoder", "penalty")}
            run.log(seen=seen, **mean, perSecond=round((seen - start_seen) / (time.time() - started), 1))
            rows = []
        if run.save_due(90):
            save()
        if time.time() - last_sheet > c["sheetSeconds"]:
            draw()
            last_sheet = time.time()
    save()
    draw()
    run.log(done=True, seen=seen)


if __name__ == "__main__":
    main()
