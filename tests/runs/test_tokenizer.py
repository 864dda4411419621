"""A run with a Hugging Face tokenizer needs neither its folder nor its name afterwards."""

import shutil

import pytest

from mmfusion.config.compose import load_config
from mmfusion.runs.evaluate import evaluate
from mmfusion.runs.load import load_run
from mmfusion.runs.train import train_config

EXPERIMENT = """\
# @package _global_
defaults:
  - /encoder/text@encoder.note: bag
  - /task@task.label: classification
  - override /data: manifest
  - _self_
name: notes
data:
  path: {folder}/notes.csv
  modalities:
    note: {{kind: text, tokenizer: {folder}/tokenizer}}
encoder:
  note: {{embedding: 4}}
fusion: {{dim: 4}}
trainer: {{accelerator: cpu, max_epochs: 1}}
report: {{plots: false}}
"""


@pytest.fixture
def folder(tmp_path):
    tokenizers, transformers = pytest.importorskip("tokenizers"), pytest.importorskip("transformers")
    model = tokenizers.Tokenizer(tokenizers.models.WordLevel({"good": 0, "bad": 1, "?": 2}, unk_token="?"))
    model.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(tokenizer_object=model).save_pretrained(tmp_path / "tokenizer")
    rows = [
        f"{'good' if i % 2 else 'bad'} {'film' * (i % 3)},{i % 2},{('train', 'val', 'test')[i % 3]}" for i in range(30)
    ]
    (tmp_path / "notes.csv").write_text("\n".join(["note,label,split", *rows]))
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    (tmp_path / "conf" / "experiment" / "notes.yaml").write_text(EXPERIMENT.format(folder=tmp_path))
    return tmp_path


def test_the_tokenizer_goes_with_the_run(folder):
    config = load_config(["experiment=notes", f"paths.outputs={folder / 'outputs'}"], [folder / "conf"])
    result = train_config(config, show=False)
    rows = [{"note": "good film"}, {"note": "bad"}]
    expected = load_run(result.path).predict(rows)
    shutil.rmtree(folder / "tokenizer")
    assert load_run(result.path).predict(rows).equals(expected)
    again = evaluate(result.path, show=False)
    assert again.metrics["test/label/accuracy"] == pytest.approx(result.metrics["test/label/accuracy"])
