from __future__ import annotations

import pytest
import torch

from mmfusion.training.evaluation import Scores
from mmfusion.training.subset_test import SubsetTest
from mmfusion.training.subsets import choose_subsets
from tests.training import small

CPU = torch.device("cpu")


def with_holes(rows: int, media: bool = False):
    batch = small.make_batch(rows, media=media)
    first, second = list(batch.present)[:2]
    batch.present[first][:2] = False
    batch.present[second][2:5] = False
    batch.labelled["kind"][3] = False
    return batch


def test_each_subset_is_the_model_with_nothing_else_present():
    model, batch = small.make_model(media=True).eval(), with_holes(7, media=True)
    tester = SubsetTest(model, small.make_tasks(), choose_subsets(list(model.encoders), "all"), CPU)
    tester.update(batch)
    found = tester.compute()

    names = ["image", "text", "speech", "image+text", "image+speech", "text+speech", "image+text+speech"]
    assert {key.split("]")[0][5:] for key in found if key.startswith("test[")} == set(names)
    for name in names:
        shown = {m: has if m in name.split("+") else torch.zeros_like(has) for m, has in batch.present.items()}
        keep = torch.stack(list(shown.values())).any(0)
        with torch.no_grad():
            outputs = model.decide(model.represent(batch.inputs, shown), shown)
        scores = Scores(small.make_tasks(), CPU)
        cut = [{k: x[keep] for k, x in part.items()} for part in (outputs, batch.targets, batch.labelled)]
        scores.update(*cut, int(keep.sum()))
        for key, value in scores.compute().items():
            torch.testing.assert_close(found[f"test[{name}]/{key}"], value, equal_nan=True)
    assert found["test[image]/rows"] == 5
    assert found["test[text]/rows"] == 4
    everything = {key.removeprefix("test/"): value for key, value in found.items() if key.startswith("test/")}
    for key, value in everything.items():
        torch.testing.assert_close(value, found[f"test[image+text+speech]/{key}"], equal_nan=True)
    assert everything["rows"] == 7


def test_the_encoders_run_once_a_batch():
    model = small.make_model().eval()
    calls = []
    for name, encoder in model.encoders.items():
        encoder.register_forward_hook(lambda *_, name=name: calls.append(name))
    SubsetTest(model, small.make_tasks(), choose_subsets(["a", "b"], "all"), CPU).update(small.make_batch(3))
    assert sorted(calls) == ["a", "b"]


@pytest.mark.parametrize("fusion", ["concat", "decision", "hybrid"])
def test_a_subset_that_no_row_has_is_reported_as_zero_rows(fusion):
    model, batch = small.make_model(fusion).eval(), small.make_batch(3)
    batch.present["a"][:] = False
    tester = SubsetTest(model, small.make_tasks(), choose_subsets(["a", "b"], "all"), CPU)
    tester.update(batch)
    found = tester.compute()
    assert [key for key in found if key.startswith("test[a]/") and found[key] != 0] == []
    assert found["test[b]/rows"] == found["test[a+b]/rows"] == 3
    torch.testing.assert_close(found["test[b]/loss"], found["test/loss"])
