"""Hugging Face opens the encoders that `attune train mlm` makes, and fills masks as `attune fill` does.

Trains a tiny model of every family and objective, and opens each with the class that its config.json names and with
AutoModelForMaskedLM, without a single key out of place; then compares the fill-mask pipeline with `attune fill --json`.
"""

import argparse
import json
import tempfile
from pathlib import Path

import torch
import transformers
from agreement import run
from transformers import AutoModelForMaskedLM, AutoTokenizer, pipeline

TOLERANCE = 1e-5
MODELS = {
    "bert": ["--model", "bert", "--tokenizer", "wordpiece:400"],
    "bert, next sentence": ["--model", "bert", "--tokenizer", "wordpiece-cased:400", "--next-sentence"],
    "roberta": ["--model", "roberta", "--tokenizer", "bpe:400", "--whole-word-mask"],
    "distilbert": ["--model", "distilbert", "--tokenizer", "wordpiece:400", "--masking", "static"],
    "albert, sentence order": ["--model", "albert", "--tokenizer", "wordpiece:400", "--sentence-order"],
    "albert, two groups": ["--model", "albert", "--tokenizer", "bpe:400", "--layer-groups", 2],
}
CLASSES = {
    "bert": "BertForMaskedLM",
    "bert, next sentence": "BertForPreTraining",
    "roberta": "RobertaForMaskedLM",
    "distilbert": "DistilBertForMaskedLM",
    "albert, sentence order": "AlbertForPreTraining",
    "albert, two groups": "AlbertForMaskedLM",
}
TEXTS = ["the {} is here", "I have {} seen it, Sir!", "{} and {}: what of them?", "a café {}."]


def train(build, text, arguments, out):
    shape = ["--layers", 3, "--heads", 2, "--width", 32, "--context", 64, "--embedding-width", 16]
    if "albert" not in arguments:
        shape = shape[:-2]
    steps = ["--batch-size", 8, "--max-steps", 30, "--learning-rate", 3e-3]
    run([build / "attune", "train", "mlm", "--train", text, *arguments, *shape, *steps, "--out", out])


def open_strictly(cls, directory):
    model, report = cls.from_pretrained(directory, dtype=torch.float32, output_loading_info=True)
    wrong = {k: v for k, v in report.items() if v}
    assert not wrong, f"{directory}: {wrong}"
    return model.eval()


def check_text(build, directory, fill, text):
    expected = fill(text, top_k=5)
    ours = json.loads(run([build / "attune", "fill", directory, "--json", text]))
    several = isinstance(expected[0], list)
    worst = 0.0
    for ours_of, hf_of in zip(ours if several else [ours], expected if several else [expected], strict=True):
        for a, b in zip(ours_of, hf_of, strict=True):
            worst = max(worst, abs(a["score"] - b["score"]))
            assert {k: v for k, v in a.items() if k != "score"} == {k: v for k, v in b.items() if k != "score"}, (a, b)
    assert worst < TOLERANCE, f"{directory}: scores of {text!r} differ by {worst}"
    return worst


def check(build, name, directory):
    config = json.loads((directory / "config.json").read_text())
    assert config["architectures"] == [CLASSES[name]], config["architectures"]
    open_strictly(getattr(transformers, CLASSES[name]), directory)
    # Of a pre-training model the other head is left over.
    model = AutoModelForMaskedLM.from_pretrained(directory, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(directory)
    fill = pipeline("fill-mask", model=model, tokenizer=tokenizer)
    texts = [text.replace("{}", tokenizer.mask_token) for text in TEXTS]
    worst = max(check_text(build, directory, fill, text) for text in texts)
    print(f"{name}: {CLASSES[name]} opens, {len(texts)} texts filled the same, scores within {worst:.1e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="has attune")
    parser.add_argument("--text", type=Path, required=True, help="to train on, with blank lines between documents")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments in MODELS.items():
            directory = Path(folder) / name.replace(", ", "-").replace(" ", "-")
            train(a.build, a.text, arguments, directory)
            check(a.build, name, directory)


if __name__ == "__main__":
    main()
