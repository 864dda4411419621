from mmfusion.report.typed import typed


def test_options_and_keys():
    found = typed(["fusion=gated", "encoder/image=resnet", "+encoder/series@encoder.lidar=gru", "optimizer.lr=0.01"])
    assert found.options == {"fusion": "gated", "encoder.image": "resnet", "encoder.lidar": "gru"}
    assert found.names("optimizer.lr")
    assert found.names("encoder.image")
    assert found.names("modalities")  # one was added
    assert not found.names("tasks")
    assert not found.names("optimizer")
    assert not found.names("fusion.dim")  # it came with the option


def test_a_mapping_names_all_below_it():
    found = typed(["task.sum.delta={a: 1}", "modality.dropout='{image: 0.5}'"])
    assert found.names("task.sum.delta.a")
    assert found.names("modality.dropout.image")
    assert found.options == {}


def test_deletions_and_lists():
    found = typed(["~task.sum", "~trainer.threads", "logger=[csv,wandb]", "++head.dropout=0.1", "~"])
    assert found.names("tasks")
    assert found.names("trainer.threads")
    assert found.names("head.dropout")
    assert found.names("logger")
    assert "logger" not in found.options
    assert not found.names("modalities")
