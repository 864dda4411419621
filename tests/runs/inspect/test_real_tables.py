from __future__ import annotations

import json

import pytest

from mmfusion.data.table.read import ReadOptions
from mmfusion.runs.inspect.steps import plan_table
from tests.runs.inspect.plans import roles


def test_lists_of_a_jsonl_of_which_some_are_of_nothing(tmp_path):
    rows = [{"vector": [1, 2, i] if i % 9 else [], "tags": [] if i % 3 else [str(i % 2)]} for i in range(200)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    columns, _ = ReadOptions().read(tmp_path / "rows.jsonl")
    assert roles(plan_table("rows.jsonl", columns, tmp_path)) == {
        "vector": "modality features", "tags": "task multilabel",
    }  # fmt: skip


EXPECTED = {
    "digits3/agree.csv": {
        "id": "id", "split": "split", "image": "modality image", "speech": "modality speech", "text": "modality text",
        "text_noisy": "ignored", "digit": "task classification", "intent": "task classification", "domain": "ignored",
        "speaker": "group",
    },
    "digits3/agree_with_holes.csv": {
        "id": "id", "split": "split", "image": "modality image", "speech": "modality speech", "text": "modality text",
        "digit": "task classification", "intent": "task classification", "speaker": "group",
    },
    "digits3/calc.csv": {
        "id": "id", "split": "split", "image": "modality image", "speech": "modality speech", "text": "modality text",
        "digit_image": "task classification", "digit_speech": "task classification",
        "operation": "task classification", "result": "task regression", "domain": "ignored", "speaker": "group",
    },
    "vqa_rad/manifest.csv": {
        "id": "id", "split": "split", "image": "modality image", "question": "modality text", "yes_no": "task binary",
        "organ": "task classification", "question_type": "task classification",
        "answer_type": "task classification", "answer": "ignored", "split_official": "ignored",
    },
    "speech_to_intent/manifest.csv": {
        "id": "id", "split": "split", "speech": "modality speech", "seconds": "ignored",
        "coffeeDrink": "task classification", "milkAmount": "task classification",
        "numberOfShots": "task classification", "roast": "task classification", "size": "task classification",
        "sugarAmount": "task classification",
    },
    "sgd/manifest.csv": {
        "id": "id", "split": "split", "dialogue": "group", "turn": "modality tabular",
        "slots_known": "modality tabular", "system_before": "modality text", "utterance": "modality text",
        "domain": "task classification", "intent": "task classification", "acts": "task multilabel",
        "requested": "task multilabel", "ends": "task binary",
    },
    "tox21/manifest.csv": {
        "id": "id", "split": "split", "smiles": "modality text", "NR_AR": "task binary", "NR_AR_LBD": "task binary",
        "NR_AhR": "task binary", "NR_Aromatase": "task binary", "NR_ER": "task binary", "NR_ER_LBD": "task binary",
        "NR_PPAR_gamma": "task binary", "SR_ARE": "task binary", "SR_ATAD5": "task binary", "SR_HSE": "task binary",
        "SR_MMP": "task binary", "SR_p53": "task binary",
    },
}  # fmt: skip


@pytest.mark.parametrize("manifest", EXPECTED)
def test_real_manifests(shared_data, manifest):
    path = shared_data / manifest
    columns, _ = ReadOptions().read(path)
    assert roles(plan_table(path.name, columns, path.parent)) == EXPECTED[manifest]
