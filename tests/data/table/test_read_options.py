from mmfusion.data.table.read_options import OPTIONS, Settings


def test_a_configs_options_are_taken_and_what_it_lacks_is_as_usual():
    data = {"_target_": "x", "path": "rows.csv", "delimiter": ";", "decimal": ",", "empty": ["?"], "split": {}}
    assert Settings.of(data) == Settings(delimiter=";", decimal=",", empty=["?"])
    assert Settings.of({}) == Settings()
    assert set(OPTIONS) == {"format", "delimiter", "quote", "header", "decimal", "empty", "strip", "not_empty"}


def test_a_table_is_read_as_they_say(tmp_path):
    path = tmp_path / "rows.txt"
    path.write_text("'a|b'| NA\nx|?\n")
    options = {"format": "csv", "delimiter": "|", "quote": "'", "header": False, "empty": ["?", "NA"], "strip": True}
    columns, rows = Settings.of(options | {"not_empty": {"column_2": ["NA"]}}).read(path)
    assert {name: cells.to_list() for name, cells in columns.items()} == {
        "column_1": ["a|b", "x"],
        "column_2": ["NA", None],
    }
    assert list(rows) == [1, 2]
    columns, _ = Settings.of(options | {"strip": False}).read(path)
    assert columns["column_2"].to_list() == [" NA", None]
