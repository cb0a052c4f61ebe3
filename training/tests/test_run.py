"""bf16 is used where its products were measured to be faster, whatever the processor's flags say."""

import unittest
from unittest import mock

import torch

from training.common import run


def bf16_used(seconds: dict) -> bool:
    run.fast_bf16.cache_clear()
    with mock.patch.object(run, "matmul_seconds", seconds.__getitem__), mock.patch.object(torch.cuda, "is_available", lambda: False):
        return run.fast_bf16()


class FastBf16(unittest.TestCase):
    def tearDown(self):
        run.fast_bf16.cache_clear()

    def test_is_used_where_it_is_clearly_faster(self):
        self.assertTrue(bf16_used({torch.bfloat16: 0.4, torch.float32: 1.0}))

    def test_is_not_used_where_it_is_slower_or_alike(self):
        self.assertFalse(bf16_used({torch.bfloat16: 2.0, torch.float32: 1.0}))
        self.assertFalse(bf16_used({torch.bfloat16: 0.95, torch.float32: 1.0}))

    def test_the_measurement_runs_in_the_asked_type(self):
        asked = []
        ones = torch.ones
        with mock.patch.object(torch, "ones", lambda *size, dtype: asked.append(dtype) or ones(*size, dtype=dtype)):
            self.assertGreater(run.matmul_seconds(torch.bfloat16, 8), 0)
        self.assertEqual(asked, [torch.bfloat16])
