from __future__ import annotations

import io
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import yaml
from rich.console import Console

from mmfusion.cli import main
from mmfusion.config.compose import load_config
from mmfusion.config.errors import ConfigError
from mmfusion.data.errors import DataError
from mmfusion.runs.init import init
from mmfusion.runs.predict import predict
from mmfusion.runs.train import train_config
from mmfusion.runs.validate import validate
from mmfusion.training.build import build_data


@pytest.fixture(autouse=True)
def _quiet_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=400)  # long temporary paths are not folded


def write_rows(folder: Path, header: str = "id,split,photo,age,city,label", rows: int = 120) -> Path:
    generator = random.Random(0)
    for name in ("train.png", "val.png", "test.png"):
        PIL.Image.fromarray(np.full((8, 8), len(name) + ord(name[1]), dtype=np.uint8)).save(folder / name)
    lines = [header]
    for i in range(rows):
        split = "train" if i < 0.8 * rows else "val" if i < 0.9 * rows else "test"
        age, city = generator.gauss(40, 9), generator.choice(["rome", "oslo"])
        lines.append(f"r{i},{split},{split}.png,{age},{city},{generator.choice(['cat', 'dog'])}")
    (folder / "pets.csv").write_text("\n".join(lines))
    return folder / "pets.csv"


def rows_of(*columns, delimiter=",", rows=120):
    generator = random.Random(0)
    lines = [[name for name, _ in columns], *([cell(i, generator) for _, cell in columns] for i in range(rows))]
    return "\n".join(map(delimiter.join, lines))


TEXT = ("text", lambda i, g: " ".join(g.choices(["red", "big", "old", "new"], k=5)) + f" {i}")
WEIGHT = ("weight", lambda i, g: f"{g.randint(1, 9000) / 10:.1f}".replace(".", ","))
MONEY = ("money", lambda i, g: f"{g.randint(1, 9)}.{g.randint(100, 999)},{g.randint(10, 99)}")
KIND = ("label", lambda i, g: g.choice(["cat", "dog"]) if i % 5 else "N/A")
LABEL = ("label", lambda i, g: g.choice("ab"))
COUNTRY = ("country", lambda i, g: g.choice(["DE", "FR", "NA", "ZA"]))
AGE = ("age", lambda i, g: str(g.randint(20, 80)) if i % 7 else "NA")


def test_writes_an_experiment_and_says_why(here, console):
    write_rows(here)
    target = init("pets.csv", console=console)
    assert target == Path("conf/experiment/pets.yaml")
    text = target.read_text()
    assert text.startswith("# @package _global_\n")
    config = yaml.safe_load(text)
    assert config.pop("trainer") == {"max_epochs": 100}
    assert config["data"].pop("loader") == {"batch_size": 8}
    assert config.pop("report") == {"baselines": True}
    assert all(config.pop(section) for section in ("encoder", "head", "optimizer", "callbacks"))
    assert config == {
        "defaults": [
            {"/encoder/image@encoder.photo": "cnn"},
            {"/encoder/tabular@encoder.table": "mlp"},
            {"/task@task.label": "classification"},
            {"override /data": "manifest"},
            "_self_",
        ],
        "name": "pets",
        "data": {
            "path": "pets.csv",
            "root": None,
            "id": "id",
            "split": {"column": "split", "train": "train", "val": "val", "test": "test"},
            "modalities": {
                "photo": {"kind": "image", "column": "photo", "size": [8, 8], "channels": 1},
                "table": {"kind": "tabular", "numeric": ["age"], "categorical": ["city"]},
            },
        },
        "task": {"label": {"column": "label"}},
    }
    printed = console.file.getvalue()
    assert "named like a target; 2 classes" in printed
    assert "mmfusion validate experiment=pets" in printed
    assert "100   │ 1,200 steps in all, unless it stops before" in printed


@pytest.fixture
def data_of(here, console):
    """Write a table, look at it, and give back what the experiment says of the data."""

    def run(table: str, text: str | None = None, **more) -> dict:
        if text is not None:
            (here / table).write_text(text)
        return yaml.safe_load(init(table, console=console, **more).read_text())["data"]

    return run


def source_of(name: str):
    return build_data(load_config([f"experiment={name}"]))[0].source.read()


def test_never_writes_over_a_file_unless_forced(here, console):
    write_rows(here)
    target = init("pets.csv", console=console)
    target.write_text("mine")
    with pytest.raises(ConfigError, match="is there already; take another --name, or --force"):
        init("pets.csv", console=console)
    assert target.read_text() == "mine"
    init("pets.csv", force=True, console=console)
    assert target.read_text() != "mine"


def test_names(here, console):
    path = write_rows(here)
    with pytest.raises(ConfigError, match="expected letters, digits"):
        init("pets.csv", name="a/b", console=console)
    with pytest.raises(ConfigError, match="is one of mmfusion's own"):
        init("pets.csv", name="digits3_agree", console=console)
    folder = here / "My pets"
    folder.mkdir()
    path.rename(folder / "manifest.csv")
    assert init("My pets/manifest.csv", root=".", console=console).name == "my_pets.yaml"
    assert init("My pets/manifest.csv", root=".", out="elsewhere/x.yaml", console=console) == Path("elsewhere/x.yaml")
    assert "--config-dir" in console.file.getvalue()


@pytest.mark.parametrize("stem", ["null", "No", "nan"])
def test_files_whose_names_are_words_of_yaml(here, console, stem):
    write_rows(here).rename(here / f"{stem}.csv")
    target = init(f"{stem}.csv", console=console)
    name = f"{stem.lower()}_data"
    assert target.stem == name
    assert load_config([f"experiment={name}"])["name"] == name
    assert yaml.safe_load(target.read_text())["name"] == name
    with pytest.raises(ConfigError, match=f"--name: '{stem}' means something of its own"):
        init(f"{stem}.csv", name=stem, console=console)


def test_a_semicolon_file_and_no_split(data_of):
    patient, dose = ("patient", lambda i, g: f"p{i % 30}"), ("dose", lambda i, g: f"{i / 7:.3f}")
    data = data_of("european.csv", rows_of(patient, dose, LABEL, delimiter=";"))
    assert data["delimiter"] == ";"
    ratio = {"train": 0.8, "val": 0.1, "test": 0.1}
    assert data["split"] == {"column": None, "ratio": ratio, "seed": 0, "stratify": "label", "group": "patient"}


def test_rows_of_one_image_stay_in_one_split(data_of):
    image, question = (
        ("image", lambda i, g: f"{i % 30}.png"),
        ("question", lambda i, g: f"is it {g.random()} there {i}"),
    )
    assert data_of("several.csv", rows_of(image, question, LABEL))["split"]["group"] == "image"
    assert "group" not in data_of("own.csv", rows_of(("image", lambda i, g: f"{i}.png"), LABEL))["split"]


def test_a_group_that_a_split_column_parts_is_said_and_not_written(here, console):
    who, x = ("who", lambda i, g: f"P{i // 4:03}"), ("x", lambda i, g: f"{g.gauss(0, 1):.3f}")
    split = ("split", lambda i, g: ["train", "train", "val", "test"][i % 4])
    (here / "parted.csv").write_text(rows_of(who, x, LABEL, split))
    text = init("parted.csv", console=console).read_text()
    assert "group" not in yaml.safe_load(text)["data"]["split"]
    for shown in (console.file.getvalue(), " ".join(text.replace("#", "").split())):
        assert "30 of them are in more than one split" in shown


def test_a_tsv_whose_quotes_are_characters_like_any_other(data_of):
    def text(name, *notes):
        dose = ("dose", lambda i, g: f"{i / 7:.3f}")
        return rows_of((name, lambda i, g: notes[i % len(notes)]), dose, LABEL, delimiter="\t")

    assert data_of("quotes.tsv", text("note", '"tis', 'said "so'))["quote"] is None
    assert set(source_of("quotes").columns["note"]) == {'"tis', 'said "so'}
    assert "quote" not in data_of("quotes.tsv", text('"note"', 'said "so'), force=True)


def test_a_split_that_is_lacking_is_taken_from_training(here, data_of):
    text = write_rows(here).read_text().replace(",val,", ",train,")
    split = data_of("pets.csv", text)["split"]
    assert (split["val"], split["from_train"], split["stratify"]) == (None, {"val": 0.1}, "label")


def test_a_table_beside_its_media_is_found_under_the_root_as_in_training(here, console):
    with pytest.raises(DataError, match="there is no file"):
        init("nothing.csv", console=console)
    assert not (here / "conf").exists()
    (here / "media").mkdir()
    write_rows(here / "media")
    with pytest.raises(DataError, match=r"data\.root=FOLDER"):
        init("pets.csv", console=console)
    (here / "pets.csv").write_text("other\n1\n")  # training would not take this one either
    with pytest.raises(DataError, match=r"data\.root: there is no folder .*nowhere"):
        init("pets.csv", root="nowhere", console=console)
    text = init("pets.csv", console=console, overrides=["data.root=media"]).read_text()
    assert text == init("pets.csv", root="media", console=console, force=True).read_text()
    data = yaml.safe_load(text)["data"]
    assert (data["path"], data["root"]) == ("pets.csv", "media")
    assert "3 of 3 looked for are there" in console.file.getvalue()
    assert source_of("pets").root == (here / "media").resolve()
    with pytest.raises(ConfigError, match=r"--root a and data\.root=media: give one of them"):
        init("pets.csv", root="a", console=console, overrides=["data.root=media"])


def test_urls_and_paths_outside_the_root_are_said_as_training_would(here, console):
    path = write_rows(here)
    whole = path.read_text()
    path.write_text(whole.replace(",train.png", ",https://x.org/train.png"))
    init("pets.csv", console=console)
    assert "a URL, and outside the media root" in console.file.getvalue()
    (here / "inner").mkdir()
    path.write_text(whole.replace(",train.png", ",../train.png"))
    init("pets.csv", root="inner", force=True, console=console)
    assert "0 of 3 looked for are there" in console.file.getvalue()
    assert "'../train.png': leads to" in console.file.getvalue()


def test_a_remote_root_is_not_looked_at(here, console, data_of):
    write_rows(here)
    assert data_of("pets.csv", root="s3://bucket/media")["root"] == "s3://bucket/media"
    assert "not looked for" in console.file.getvalue()


def test_what_init_writes_is_valid_and_validates(here, capsys):
    write_rows(here)
    assert main(["init", "pets.csv"]) == 0
    config = load_config(["experiment=pets"])
    assert config["data"]["split"]["column"] == "split"
    assert list(config["encoder"]) == ["photo", "table"]
    assert main(["validate", "experiment=pets"]) == 0
    assert "ready to train" in capsys.readouterr().out
    (here / "train.png").write_bytes(b"no")
    assert main(["validate", "experiment=pets"]) == 1
    assert "96 problems" in capsys.readouterr().out


def test_needs_no_torch(here):
    write_rows(here)
    code = "import sys; from mmfusion.runs.init import init; init('pets.csv'); sys.exit('torch' in sys.modules)"
    repo = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=here, env={"PYTHONPATH": str(repo)}, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_a_list_of_columns_is_no_interpolation(data_of, monkeypatch):
    monkeypatch.setenv("SECRET", "leaked")
    names = ["${oc.env:SECRET}", "\\\\${oc.env:SECRET}", "plain"]
    data_of("rows.csv", rows_of(*((name, lambda i, g: f"{g.random()}") for name in names), LABEL))
    (node,) = load_config(["experiment=rows"])["data"]["modalities"].values()
    assert node["numeric"] == names


def test_requested_columns_from_the_command_line(here, capsys):
    write_rows(here)
    by = ["--split", "split", "--group", "id", "--input", "city", "--kind", "age=categorical", "--task", "label"]
    assert main(["init", "pets.csv", *by, "--ignore", "photo"]) == 0
    data = load_config(["experiment=pets"])["data"]
    assert (data["split"]["column"], data["split"]["group"]) == ("split", "id")
    assert data["modalities"] == {"table": {"kind": "tabular", "categorical": ["age", "city"]}}
    assert "as told (--kind age=categorical)" in capsys.readouterr().out
    for wrong, message in (
        (["--kind", "age"], "--kind: expected COLUMN=KIND, such as note=text, found 'age'"),
        (["--kind", "age=text", "--kind", "age=image"], "column 'age' is given two kinds, text and image"),
    ):
        assert main(["init", "pets.csv", "--force", *wrong]) > 0
        assert message in capsys.readouterr().err


def test_folders_and_labels_in_several_columns_train_and_predict(here, console):
    """Paths in two columns and labels in three: written, validated, trained and predicted with."""
    generator = random.Random(0)
    lines = ["folder,file,tag_red,tag_dark,tag_big"]
    for i in range(60):
        folder = here / f"set{i % 3}"
        folder.mkdir(exist_ok=True)
        PIL.Image.fromarray(np.full((4, 4), i, dtype=np.uint8)).save(folder / f"{i}.png")
        lines.append(f"set{i % 3},{i}.png,{','.join(str(generator.randint(0, 1)) for _ in range(3))}")
    (here / "sets.csv").write_text("\n".join(lines))
    written = yaml.safe_load(init("sets.csv", console=console).read_text())
    assert written["data"]["modalities"]["image"]["column"] == ["folder", "file"]
    assert written["task"] == {"tag": {"columns": ["tag_red", "tag_dark", "tag_big"]}}
    config = load_config(["experiment=sets", "trainer.max_epochs=1", "data.loader.workers=0"])
    report = validate(config, console)
    assert not report.errors
    assert report.media == {"image": 60}
    assert list(report.classes["tag"]["train"]) == ["tag_red", "tag_dark", "tag_big"]
    result = train_config(config, [], show=False)
    assert result.status == "completed"
    (here / "new.csv").write_text("folder,file\nset0,0.png\nset1,1.png\n")
    predicted = predict(result.path, here / "new.csv", checkpoint="last")
    assert len(predicted) == 2
    assert "tag_p_tag_dark" in predicted.columns


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_decimal_commas_are_recognised_and_written_and_trained_on(console, data_of, delimiter):
    data = data_of("g.csv", rows_of(TEXT, WEIGHT, MONEY, KIND, delimiter=delimiter))
    assert (data["delimiter"], data["decimal"]) == (delimiter, ",")
    assert data["modalities"]["table"] == {"kind": "tabular", "numeric": ["weight", "money"]}
    assert data["empty"] == ["", "NA", "nan", "NaN", "N/A"]
    assert "g.csv: numbers have a decimal comma (weight: '" in console.file.getvalue()
    assert "taken as empty cells: 'N/A' (24 cells) in 'label'" in console.file.getvalue()
    module, _ = build_data(load_config(["experiment=g"]))
    module.setup()
    assert list(module.kinds["table"].scales) == ["weight", "money"]
    assert 1000 < module.kinds["table"].scales["money"][0] < 10000


def test_what_may_separate_thousands_is_said_and_not_guessed(console, data_of):
    prices = ("price", lambda i, g: f"{g.randint(1, 99)}.{g.randint(100, 999)}")
    assert "decimal" not in data_of("p.csv", rows_of(TEXT, prices, KIND, delimiter=";"))
    assert "in 'price' are read with a decimal point; if it separates thousands, set" in console.file.getvalue()
    data_of("p.csv", name="commas", overrides=["data.decimal=','"])
    assert source_of("commas").decimal == ","


def test_one_columns_value_is_anothers_empty_cell(console, data_of):
    data = data_of("c.csv", rows_of(TEXT, COUNTRY, AGE, KIND))
    assert data["empty"] == ["", "NA", "nan", "NaN", "N/A"]
    assert data["not_empty"] == {"country": ["NA"]}
    assert "kept as values: 'NA'" in console.file.getvalue()
    table = source_of("c")
    assert "NA" in table.columns["country"].unique().to_list()
    assert table.columns["age"].null_count() == 18


def test_a_table_without_a_header_once_that_is_said(here, console):
    (here / "bare.csv").write_text(rows_of(TEXT, KIND).partition("\n")[2])
    with pytest.raises(DataError, match=r"set data\.header=false"):
        init("bare.csv", console=console)
    config = yaml.safe_load(init("bare.csv", console=console, overrides=["data.header=false"]).read_text())
    assert config["data"]["header"] is False
    assert config["task"] == {"column_2": {"column": "column_2"}}
    build_data(load_config(["experiment=bare"]))[0].setup()


def test_a_column_without_a_name_is_said_and_left_out(console, data_of):
    data = data_of("p.csv", rows_of(("", lambda i, g: str(i)), TEXT, KIND))
    assert data["id"] is None
    assert list(data["modalities"]) == ["text"]
    assert "p.csv: column_1: no name in the file, so ignored" in console.file.getvalue()
    with pytest.raises(DataError, match="nothing to learn from"):
        data_of("u.csv", "id,,label\n1,a b c,x\n2,d e f,y\n3,g h,x\n")
    assert "u.csv: column_2: no name in the file" in console.file.getvalue()
