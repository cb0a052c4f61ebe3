"""Two evaluations picture by picture: what is paired, and what is refused."""

import json
import sqlite3
import tempfile
import unittest
from pathlib import Path

from training.evaluate.paired import compared

PROMPT = {"emphases": [{"phrase": "a red hat", "details": {"hat": "cap", "hatColour": "red"}}], "others": {}}


def write(folder: Path, seen: list[dict], change: dict, arm: str = "refined") -> Path:
    facts = {
        "promptSet": {"prompts": [PROMPT] * 3}, "readerHash": "r", "pack": {"version": "1"},
        "settings": {"packId": "p", "steps": 50, "guidance": 1}, **change,
    }
    path = folder / "studio" / "evaluations"
    path.mkdir(parents=True)
    with sqlite3.connect(path / "results.db") as db:
        db.execute("create table fact (key text, value text)")
        db.execute("insert into fact values ('facts', ?)", [json.dumps(facts)])
        db.execute("create table result (prompt int, seed int, arm text, size int, rgb blob, seen text)")
        for prompt, s in enumerate(seen):
            db.execute("insert into result values (?, 0, ?, 2, ?, ?)", [prompt, arm, bytes([prompt] * 12), json.dumps(s)])
    return folder


class TestPaired(unittest.TestCase):
    def setUp(self):
        parent = tempfile.TemporaryDirectory()
        self.addCleanup(parent.cleanup)
        self.parent = Path(parent.name)

    def folders(self, **change):
        right, half = {"hat": "cap", "hatColour": "red"}, {"hat": "cap", "hatColour": None}
        return [write(self.parent / "a", [right, right, right], {}), write(self.parent / "b", [right, half], change)]

    def test_pairs_what_both_have_by_what_the_reader_saw(self):
        settings = {"packId": "p", "steps": 20, "guidance": 1, "sampler": "dpm-solver++"}
        (row,) = compared(self.folders(settings=settings), {"sampler", "steps"})
        self.assertEqual((row["arm"], row["pictures"], row["details"], row["changedDetails"]), ("refined", 2, 4, 1))
        self.assertEqual((row["first"][1], row["second"][1], row["loss"][0]), (100.0, 75.0, 25.0))
        self.assertEqual((row["first"][0], row["second"][0]), ("ddim 50, pack 1", "dpm-solver++ 20, pack 1"))
        self.assertEqual(row["meanPixelDifference"], 0)

    def test_holds_one_arm_against_another(self):
        right, wrong = {"hat": "cap", "hatColour": "red"}, {"hat": None, "hatColour": None}
        folders = [write(self.parent / "a", [right, right], {}), write(self.parent / "b", [right, wrong], {}, "baseline")]
        (row,) = compared(folders, set(), ("refined", "baseline"))
        self.assertEqual((row["arm"], row["pictures"], row["loss"][0]), ("refined - baseline", 2, 50.0))
        self.assertEqual(compared(folders, set()), [])

    def test_refuses_more_than_one_change(self):
        for change, name in [({"readerHash": "other"}, "readerHash"), ({"pack": {"version": "2"}}, "pack"), ({"settings": {"packId": "p", "steps": 50, "guidance": 3}}, "guidance")]:
            with self.subTest(name), tempfile.TemporaryDirectory() as parent:
                self.parent = Path(parent)
                with self.assertRaisesRegex(ValueError, name):
                    compared(self.folders(**change), {"sampler", "steps"})
        self.assertEqual(len(compared(self.folders(pack={"version": "2"}), {"pack"})), 1)


if __name__ == "__main__":
    unittest.main()
