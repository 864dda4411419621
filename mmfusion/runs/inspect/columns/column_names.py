"""What columns tend to be called; names are a hint, never the only reason."""

from __future__ import annotations

import re

SPLIT_VALUES = {
    "train": (
        "train", "training", "trn", "tr", "训练", "训练集", "学習", "学習用", "entrenamiento", "entraînement", "treino",
    ),
    "val": (
        "val", "valid", "validation", "dev", "development", "eval", "publictest", "验证", "验证集", "検証", "検証用",
        "validierung", "validación", "validação",
    ),
    "test": (
        "test", "testing", "tst", "te", "holdout", "privatetest", "测试", "测试集", "テスト", "prueba", "teste",
    ),
}  # fmt: skip
"""Split to what it is called in a split column, small letters, likeliest first."""

SPLIT_NAMES = ("split", "subset", "partition", "fold", "set", "part")

ID = ("id", "uid", "uuid", "guid", "key", "index", "idx", "row", "number", "no", "nr")

GROUP = (
    "speaker", "patient", "subject", "user", "participant", "session", "group", "author", "client", "customer", "site",
    "hospital", "center", "centre", "household", "person", "family", "recording", "recordist", "scene", "sequence",
    "drive", "trip", "video", "document", "study", "device", "camera", "actor", "scenario", "dialogue", "dialog",
    "conversation", "animal", "visit", "experiment", "batch", "plate", "well", "slide", "case",
    "患者", "病人", "病例", "受试", "被试", "说话人", "用户", "客户", "演员", "场景", "会话", "对话", "学生", "设备",
)  # fmt: skip
"""Things of which a table holds several rows that must not straddle splits."""

LABEL = (
    "label", "labels", "target", "targets", "class", "classes", "y", "outcome", "diagnosis", "sentiment", "intent",
    "category", "rating", "score", "stars", "result", "grade", "emotion", "truth", "gt", "species", "verdict",
    "severity", "response", "survived", "churn", "churned", "default", "fraud", "approved", "readmitted", "mortality",
    "price", "quality", "income", "adopted", "answer", "标签", "类别", "诊断", "情感", "情绪", "结果", "评分", "分数",
)  # fmt: skip

INPUT = (
    "age", "sex", "gender", "race", "ethnicity", "religion", "nationality", "language", "education", "occupation",
    "job", "marital", "married", "smoker", "smoking", "alcohol", "weight", "height", "bmi", "pulse", "temperature",
    "pressure", "ward", "department", "unit", "city", "town", "country", "region", "state", "province", "county",
    "zip", "postcode", "district", "season", "month", "weekday", "hour", "brand", "model", "manufacturer", "currency",
    "channel", "年龄", "性别", "城市", "科室", "地区", "颜色",
)  # fmt: skip
"""What is known of a person, a place or a thing before anything is predicted."""

ABOUT_FILE = (
    "seconds", "sec", "secs", "duration", "length", "width", "height", "fps", "frames", "bytes", "sample", "samples",
    "rate", "samplerate", "sr", "timestamp", "time", "date", "created", "file", "size", "n", "num", "ms", "hz",
)  # fmt: skip
"""Words that describe a media file rather than what is in it; only where all words of a name are of these."""


def words(name: str) -> list[str]:
    """The words of a column's name in small letters: `numberOfShots`, `number_of_shots` → number, of, shots."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+", name)]


def is_named(name: str, vocabulary: tuple[str, ...]) -> bool:
    """Whether any word of the name is in the vocabulary, or before an `id` (`patientid`); of Chinese, as a part."""
    parts = {word.removesuffix(end) for word in words(name) for end in ("", "id", "no", "nr", "s")}
    return any(word in parts or (not word.isascii() and word in name) for word in vocabulary)
