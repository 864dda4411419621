import shutil
import sys

import pytest

from mmfusion.data.kinds._subwords import Subwords
from mmfusion.data.kinds.text import Text


def test_a_vocabulary_with_gaps_counts_to_its_highest_id(tokenizer_folder):
    subwords = Subwords(tokenizer_folder, False)
    assert len(subwords.load().get_vocab()) == 5
    assert subwords.count == 8


def test_it_is_looked_for_once_and_only_when_it_is_needed(tokenizer_folder):
    subwords = Subwords(tokenizer_folder, False)
    first = subwords.load()
    shutil.rmtree(tokenizer_folder)
    assert subwords.load() is first
    assert subwords(["hello"], 9) == [[2, 0]]
    Subwords(tokenizer_folder, False)  # not there any more, and nobody has asked for it
    with pytest.raises(ValueError, match=r"^text: there is no tokenizer .* on this machine \(allow_download: true"):
        Subwords(tokenizer_folder, False).load()


def test_missing_transformers_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ImportError, match=r"pip install 'mmfusion\[transformers\]'"):
        Text(tokenizer="bert-base-uncased")
