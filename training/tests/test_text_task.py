import tempfile
import unittest
from pathlib import Path

import torch

from ..text.corpus import Corpus
from ..text.features import encode
from ..text.states import States, write_states
from ..text.task import TextTask, positives, warmed


class Fixed(torch.nn.Module):
    """A head that gives each text the unit vector that its first state names."""

    def forward(self, states, mask):
        return torch.nn.functional.normalize(states[:, 0], dim=-1)


class Words:
    """Stands for MiniLM: the hidden state of a token is its number's last three digits (exact in half precision), 384 times."""

    def __call__(self, ids, mask):
        return (ids % 1000).unsqueeze(-1).float().expand(*ids.shape, 384)


def task_of(first: list[int]) -> TextTask:
    """Three phrases of one value each, embedded along the given axes; three images, each of one value."""
    corpus = Corpus()
    corpus.add("a hat", frozenset([0]))
    corpus.add("a beard", frozenset([1]))
    corpus.add("a truck", frozenset([2]))
    states = torch.zeros(3, 1, 4)
    for row, axis in enumerate(first):
        states[row, 0, axis] = 1
    vectors = torch.eye(3, 4)
    images = torch.nn.functional.normalize(torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]), dim=-1)
    return TextTask(corpus, states, torch.ones(3, 1), vectors, images, torch.eye(3))


class Task(unittest.TestCase):
    def test_an_image_counts_where_it_shows_all_of_one_alternative(self):
        corpus = Corpus()
        corpus.add("purple", frozenset([0, 1]))
        corpus.add("purple", frozenset([2]))
        wanted, count = corpus.table(3)
        labels = torch.tensor([[1.0, 0, 0], [1, 1, 0], [0, 0, 1]])
        self.assertEqual(positives(wanted, count, labels).tolist(), [[0, 1, 1]])

    def test_right_texts_lose_less_than_texts_that_change_places(self):
        torch.manual_seed(0)
        rows = [torch.tensor([0, 1, 2])]
        right, swapped = task_of([0, 1, 2]), task_of([1, 0, 2])
        loss, pull = right(Fixed(), rows, 30)
        self.assertAlmostEqual(pull.item(), 0, places=5)
        other, far = swapped(Fixed(), rows, 30)
        self.assertLess(loss.item(), other.item())
        self.assertAlmostEqual(far.item(), 2 / 3, places=5)

    def test_a_draw_holds_as_many_of_each_kind_as_asked(self):
        corpus = Corpus()
        corpus.add("a hat", frozenset([0]))
        corpus.add("a person with a hat, a beard and a coat", frozenset([0, 1, 2]), 0)
        corpus.add_null("a glacier")
        task = TextTask(corpus, torch.zeros(3, 1, 4), torch.ones(3, 1), torch.eye(3, 4), torch.eye(1, 4), torch.ones(1, 3))
        few, long = task.draw(5, 3, 4)
        self.assertEqual((len(few), long.tolist()), (9, [1, 1, 1]))
        self.assertEqual(few[5:].tolist(), [2] * 4)
        self.assertEqual(len(task.draw(2, 0)), 1)

    def test_rate_rises_then_falls_to_a_hundredth(self):
        rate = [warmed(step, 1000) for step in range(1000)]
        self.assertLess(rate[0], 0.01)
        self.assertGreater(max(rate), 0.9)
        self.assertAlmostEqual(rate[-1], 0.01, places=3)


class Store(unittest.TestCase):
    def test_states_come_back_padded_to_the_longest_asked_for(self):
        texts = ["a robot", "a robot with a heart on its chest", "a plant"]
        named = torch.tensor([[True, False], [True, True], [False, False]])
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / f"train-00{k}.npy" for k in (0, 1)]
            write_states(Words(), texts[:2], named[:2], files[0])
            write_states(Words(), texts[2:], named[2:], files[1])
            states = States(files)
            self.assertEqual(len(states), 3)
            self.assertEqual(states.named.tolist(), named.tolist())
            x, mask = states.batch(torch.tensor([2, 1]))
        self.assertEqual(mask[1].sum(), x.shape[1])
        self.assertLess(mask[0].sum(), mask[1].sum())
        self.assertTrue(torch.equal(x[0][mask[0] == 0], torch.zeros(int((mask[0] == 0).sum()), 384)))
        ids, _ = encode(texts[1:2])
        self.assertEqual(x[1, :, 0].tolist(), (ids[0] % 1000).tolist())
