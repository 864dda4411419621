from mmfusion.runs.confusion_counts import MOST_CLASSES, confusion_counts


def test_true_by_predicted_in_the_order_of_the_classes():
    classes, counts = confusion_counts(["a", "a", "b", "c"], ["a", "b", "b", "a"], ["c", "a", "b"])
    assert classes == ["c", "a", "b"]
    assert counts.tolist() == [[0, 1, 0], [0, 1, 1], [0, 0, 1]]


def test_of_very_many_classes_the_most_frequent_are_counted():
    names = [f"class{i:03d}" for i in range(100)]
    true = [name for i, name in enumerate(names) for _ in range(1 + (i % 50 == 3))]
    classes, counts = confusion_counts(true, ["class003"] * len(true), names)
    assert len(classes) == MOST_CLASSES
    assert {"class003", "class053"} <= set(classes)
    assert counts.sum() == counts[:, classes.index("class003")].sum() == MOST_CLASSES + 2
