"""What the denoiser's optimisers move, and how they go on from a checkpoint."""

import unittest

import torch

from training.common.optimizers import load_states, make_optimizers, set_rate
from training.denoiser.model import Denoiser

SMALL = dict(channels=3, size=32, dims=8, width=16, depth=1, heads=2, fine=8, fine_in=1, fine_out=1, modulation=16, references=1)


def one_step(model, optimizers):
    x, t = torch.randn(2, 3, 32, 32), torch.tensor([100, 900])
    model.zero_grad(set_to_none=True)
    model(x, torch.zeros_like(x), t, torch.randn(2, 2, 8), torch.ones(2, 2)).pow(2).mean().backward()
    for optimizer in optimizers:
        optimizer.step()


class TestOptimizers(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.model = Denoiser(**SMALL)

    def test_every_weight_belongs_to_exactly_one(self):
        optimizers = make_optimizers(self.model, 1e-3, muon=1.0)
        held = [id(p) for o in optimizers for g in o.param_groups for p in g["params"]]
        self.assertEqual(sorted(held), sorted(id(p) for p in self.model.parameters()))

    def test_muon_has_the_matrices_of_the_blocks_and_nothing_else(self):
        _, muon = make_optimizers(self.model, 1e-3, muon=1.0)
        # Three blocks of four matrices: one deep, one fine before it and one after.
        self.assertEqual(len(muon.param_groups[0]["params"]), 12)
        self.assertEqual(len(make_optimizers(self.model, 1e-3)), 1)

    def test_a_muon_step_has_the_size_that_adamw_has(self):
        weight = self.model.middle[0].fc1.weight
        before = weight.detach().clone()
        one_step(self.model, make_optimizers(self.model, 1e-3, muon=1.0, decay=0.0))
        # torch scales an orthogonal step to 0.2 a weight and unit of rate, where AdamW moves by 0.2 to 0.4.
        moved = (weight.detach() - before).pow(2).mean().sqrt().item()
        self.assertGreater(moved, 1e-4)
        self.assertLess(moved, 4e-4)

    def test_the_rate_keeps_the_shares(self):
        optimizers = make_optimizers(self.model, 1e-3, muon=2.0)
        set_rate(optimizers, 5e-4)
        self.assertEqual([g["lr"] for o in optimizers for g in o.param_groups], [5e-4, 5e-4, 1e-3])

    def test_states_of_other_optimisers_are_not_taken(self):
        alone = make_optimizers(self.model, 1e-3)
        one_step(self.model, alone)
        states = [o.state_dict() for o in alone]
        self.assertFalse(load_states(make_optimizers(self.model, 1e-3, muon=1.0), states))
        self.assertTrue(load_states(make_optimizers(self.model, 1e-3), states))

    def test_a_resumed_training_keeps_the_shares_and_the_decay_of_its_config(self):
        before = make_optimizers(self.model, 1e-3, muon=1.0)
        one_step(self.model, before)
        after = make_optimizers(self.model, 1e-3, muon=0.5, decay=0.1)
        self.assertTrue(load_states(after, [o.state_dict() for o in before]))
        self.assertEqual([(g["share"], g["weight_decay"]) for o in after for g in o.param_groups], [(1.0, 0.1), (1.0, 0.0), (0.5, 0.1)])
        self.assertEqual(len(after[1].state), 12)


if __name__ == "__main__":
    unittest.main()
