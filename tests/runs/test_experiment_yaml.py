from pathlib import Path

import pytest
import yaml
from omegaconf import OmegaConf
from torch import nn

from mmfusion.data.table.read import ReadOptions
from mmfusion.runs.defaults import Choice
from mmfusion.runs.experiment_yaml import default_name, experiment, key_for, key_of, scalar
from mmfusion.runs.inspect.columns.profile import Profile
from mmfusion.runs.inspect.plan import ColumnDecision, ColumnRequests, Plan


def plan(*decisions, **splits):
    profiles = {d.column: Profile(d.column, 9, 9, 9) for d in decisions}
    return Plan("pets.csv", {}, 9, profiles, ColumnRequests(), {d.column: d for d in decisions}, splits)


def written(plan, root=None, delimiter=None, quote='"'):
    return experiment(plan, "pets", "pets.csv", root, ReadOptions(delimiter=delimiter, quote=quote))


PHOTO = ColumnDecision("photo_path", "modality", "image", "names of files", arguments={"size": [8, 8]})
LABEL = ColumnDecision("label", "task", "classification", "named like a target")


def test_each_decision_stands_where_it_counts_with_its_reason():
    ignored = ColumnDecision("note", "ignored", reason="the same in all rows", warning="look at it")
    age = ColumnDecision("age", "modality", "tabular", "a number", arguments={"numeric": True})
    city = ColumnDecision("city", "modality", "tabular", "2 values", arguments={"numeric": False})
    height = ColumnDecision("height", "modality", "tabular", "a number", arguments={"numeric": True})
    text = written(plan(ColumnDecision("id", "id"), PHOTO, age, city, height, LABEL, ignored))
    assert text.splitlines()[1] == "# pets.csv: photo, table → label"
    assert "    # names of files\n    photo:\n" in text
    assert "    # age, height: a number\n    # city: 2 values\n    table:\n" in text
    assert '      numeric: ["age", "height"]\n' in text
    assert text.endswith("\n# Not used:\n# note: the same in all rows. NOTE: look at it\n")


def test_a_key_like_its_kind_needs_no_name_of_its_own_and_what_is_unusual_is_written():
    image = ColumnDecision("image", "modality", "image")
    text = written(plan(image, ColumnDecision("age", "task", "regression")), "media dir", ";", None)
    config = yaml.safe_load(text)
    assert config["defaults"][:2] == [{"/encoder/image": "cnn"}, {"/task@task.age": "regression"}]
    data = config["data"]
    assert (data["root"], data["delimiter"], data["id"], data["quote"]) == ("media dir", ";", None, None)
    assert "stratify" not in data["split"], "a number is nothing to stratify by"


def test_the_split_column_with_one_value_with_several_and_with_none():
    column = ColumnDecision("fold", "split")
    group = ColumnDecision("who", "group")
    config = yaml.safe_load(written(plan(column, PHOTO, LABEL, group, **{"1": "train", "no": "train"})))
    assert config["data"]["split"] == {
        "column": "fold", "train": ["1", "no"], "val": None, "test": None, "from_train": {"val": 0.1, "test": 0.1},
        "stratify": "label", "group": "who",
    }  # fmt: skip
    config = yaml.safe_load(written(plan(column, PHOTO, LABEL, a="train", b="val", c="test")))
    assert config["data"]["split"] == {"column": "fold", "train": "a", "val": "b", "test": "c"}


def test_a_column_named_like_a_target_is_stratified_by_before_another():
    tasks = [ColumnDecision("smoker", "task", "binary"), LABEL]
    assert yaml.safe_load(written(plan(PHOTO, *tasks)))["data"]["split"]["stratify"] == "label"
    assert yaml.safe_load(written(plan(PHOTO, *tasks[:1])))["data"]["split"]["stratify"] == "smoker"


@pytest.mark.parametrize(
    ("column", "key"),
    [("photo_path", "photo"), ("file", "speech"), ("audio.url", "audio"), ("X-Ray", "X_Ray"), ("profile", "profile")],
)
def test_a_modality_is_its_column_without_what_says_that_it_is_a_path(column, key):
    assert key_of(ColumnDecision(column, "modality", "speech"), []) == key


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("data/Pets 2.csv", "pets_2"),
        ("My pets/manifest.csv", "my_pets"),
        ("pets/Train.parquet", "pets"),
        ("null.csv", "null_data"),
        ("ö.csv", "experiment"),
    ],
)
def test_an_experiment_is_named_after_its_table_or_the_folder(path, name):
    assert default_name(Path(path)) == name


def test_keys_are_safe():
    taken: list[str] = []
    names = ["type", "a b", "a-b", "0", "größe", "yes", "y"]
    assert [key_for(name, taken) for name in names] == ["type_2", "a_b", "a_b_2", "c0", "gr_e", "yes_2", "y"]
    modules = nn.ModuleDict()
    for name in taken:
        modules[name] = nn.Identity()


@pytest.mark.parametrize(
    "value", ["a b", "yes", "1", "007", "", " x", "a: b", "# x", "${x}", "C:\\x", 1, 0.5, None, True, "é"]
)
def test_scalars_come_back_as_they_were(value):
    assert OmegaConf.to_container(OmegaConf.create(f"key: {scalar(value)}"), resolve=True) == {"key": value}


def test_choices_stand_where_they_count_each_with_its_reason():
    choices = [
        Choice("encoder/image@encoder.photo", "resnet", "deep"),
        Choice("data.loader.batch_size", 16, "few rows"),
        Choice("encoder.photo.hidden", [], "none"),
        Choice("encoder.photo.dropout", 0.5, "much"),
        Choice("task.label.label_smoothing", 0.1, "some"),
        Choice("trainer.max_epochs", 7, "seven"),
        Choice("report.baselines", True, "simple models"),
    ]
    text = experiment(plan(PHOTO, LABEL), "pets", "pets.csv", None, ReadOptions(), choices)
    config = yaml.safe_load(text)
    assert config["defaults"][0] == {"/encoder/image@encoder.photo": "resnet"}
    assert config["data"]["loader"] == {"batch_size": 16}
    assert config["task"]["label"] == {"column": "label", "label_smoothing": 0.1}
    assert config["encoder"] == {"photo": {"hidden": [], "dropout": 0.5}}
    assert (config["trainer"], config["report"]) == ({"max_epochs": 7}, {"baselines": True})
    assert "    hidden: []  # none\n    dropout: 0.5  # much\n" in text
    assert "  max_epochs: 7  # seven\n" in text
