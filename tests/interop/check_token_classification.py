"""Hugging Face opens a tagger that attune trained, and labels the same words alike.

    python check_token_classification.py --attune ../../build/attune --input words.conll DIR...

For every sentence of the file, AutoModelForTokenClassification's labels of words (those of their first tokens) must be
what `attune tag` says, and the sentence's text, words with blanks between them, must hold the same entities, with the
same places and scores, for its pipeline with the aggregation strategy "first" (WordPiece only: of other vocabularies
the pipeline takes for a word what stands between blanks). Sentences longer than the model are left out.
"""

import argparse
import json
import subprocess
from pathlib import Path

import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

TOLERANCE = 1e-4


def attune(a, *arguments, text=None):
    done = subprocess.run([a.attune, "tag", *map(str, arguments)], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def check_words(a, directory, model, tokenizer):
    tagged = attune(a, directory, "--input", a.input, "--conll")
    count = 0
    for sentence in tagged.strip("\n").split("\n\n"):
        words, labels = zip(*(line.split("\t") for line in sentence.splitlines()))
        encoding = tokenizer(list(words), is_split_into_words=True, return_tensors="pt")
        if encoding["input_ids"].shape[1] > tokenizer.model_max_length:
            continue
        with torch.no_grad():
            logits = model(**encoding).logits[0]
        ids = encoding.word_ids()
        expected = ["O"] * len(words)
        for token, word in enumerate(ids):
            if word is not None and ids[token - 1] != word:
                expected[word] = model.config.id2label[int(logits[token].argmax())]
        assert list(labels) == expected, f"{directory}: {words}: {labels}, transformers has {expected}"
        count += len(words)
    return count


def check_texts(a, directory, model, tokenizer):
    texts = [
        " ".join(line.split()[0] for line in sentence.splitlines() if line.split())
        for sentence in a.input.read_text(encoding="utf-8").split("\n\n")[: a.texts]
    ]
    texts = [text for text in texts if text and len(tokenizer(text)["input_ids"]) <= tokenizer.model_max_length]
    answers = [json.loads(line) for line in attune(a, directory, "--json", text="\n".join(texts)).splitlines()]
    assert len(answers) == len(texts)
    tagger = pipeline("token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="first")
    count = 0
    for text, ours in zip(texts, answers):
        expected = tagger(text)
        assert [(e["label"], e["start"], e["end"]) for e in ours] == [
            (e["entity_group"], e["start"], e["end"]) for e in expected
        ], f"{directory}: {text!r}: {ours}, transformers has {expected}"
        for e, other in zip(ours, expected):
            assert abs(e["score"] - other["score"]) < TOLERANCE and text[e["start"] : e["end"]] == e["text"]
        count += len(ours)
    return len(texts), count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attune", required=True)
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--texts", type=int, default=300, help="sentences that the pipeline gets")
    parser.add_argument("directories", nargs="+")
    a = parser.parse_args()
    for directory in a.directories:
        model, report = AutoModelForTokenClassification.from_pretrained(directory, output_loading_info=True)
        wrong = {k: v for k, v in report.items() if v}
        assert not wrong, f"{directory}: {wrong}"
        tokenizer = AutoTokenizer.from_pretrained(directory)
        said = f"{check_words(a, directory, model.eval(), tokenizer)} words with the same labels"
        if "wordpiece" in type(tokenizer.backend_tokenizer.model).__name__.lower():
            said += ", {} texts with the same {} entities".format(*check_texts(a, directory, model, tokenizer))
        print(f"{directory}: {said}")


if __name__ == "__main__":
    main()
