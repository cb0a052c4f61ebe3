"""Times PyTorch's image-encoder VJP with frozen parameters, for test/bench/kernel.ts: reads a shape as JSON from the
command line, prints {"vjp": seconds, "forward": seconds, "rssMiB": ...}. Weights are random: they do not change the time."""

import json
import re
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, d, m, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.fc1, self.fc2 = nn.Linear(d, m), nn.Linear(m, d)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        x = x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, d))
        h = self.fc1(self.norm2(x))
        return x + self.fc2(h * torch.sigmoid(1.702 * h))


class Encoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, self.c = c["width"], c
        n = (c["size"] // c["patch"]) ** 2 + 1
        self.patch = nn.Conv2d(3, d, c["patch"], c["patch"], bias=False)
        self.cls, self.pos = nn.Parameter(torch.randn(d)), nn.Parameter(torch.randn(n, d))
        self.pre, self.post = nn.LayerNorm(d), nn.LayerNorm(d)
        self.blocks = nn.ModuleList(Block(d, c["mlp"], c["heads"]) for _ in range(c["layers"]))
        self.proj = nn.Linear(d, c["dims"], bias=False)

    def forward(self, image):
        x = self.patch(image).flatten(2).transpose(1, 2)
        x = self.pre(torch.cat([self.cls.expand(x.shape[0], 1, -1), x], 1) + self.pos)
        for block in self.blocks:
            x = block(x)
        return F.normalize(self.proj(self.post(x[:, 0])), dim=-1)


def main():
    c, threads, rounds = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    model = Encoder(c).eval().requires_grad_(False)
    image = torch.randn(1, 3, c["size"], c["size"])
    cotangent = torch.randn(1, c["dims"])
    best = {"vjp": 1e9, "forward": 1e9}
    for _ in range(rounds + 1):
        start = time.perf_counter()
        with torch.no_grad():
            model(image)
        best["forward"] = min(best["forward"], time.perf_counter() - start)
        start = time.perf_counter()
        x = image.clone().requires_grad_()
        torch.autograd.grad(model(x), x, cotangent)
        best["vjp"] = min(best["vjp"], time.perf_counter() - start)
    # The peak of this program alone: getrusage's maximum begins with what the process that started it had.
    with open("/proc/self/status") as status:
        rss = int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) / 1024
    print(json.dumps({**best, "rssMiB": rss, "isa": torch.backends.cpu.get_cpu_capability(), "version": torch.__version__}))


main()
