"""Fine-tunes on extractive question answering with Hugging Face's Trainer and with Attune: same data and settings.

    python fine_tune_qa.py --attune ../../build/attune --model DIR --data squad.json [--valid-articles 16]
        [--seeds 1 2 3] [--num-train-epochs 8] [--batch-size 16] [--learning-rate 1e-4] [--max-length 384]
        [--doc-stride 128] [--threads 2] [--only transformers|attune]

DIR is an encoder that both open. The file's articles are shuffled (always the same way) and the last ones kept for
validation, so that no context is in both halves. Windows, targets and answers of the peer are those of Hugging Face's
run_qa.py: the tokenizer's own overflowing windows, the null target for windows without the answer, the best span
among the 20 best starts and ends; its Trainer pads to the longest of a batch and groups windows of similar length, as
Attune does. Attune's answers come from `attune answer`. Both are scored here, by the rules of SQuAD's script.

Prints each run as JSON (F1, exact match, median seconds of a step, seconds of training), then the means.
"""

import argparse
import collections
import json
import random
import re
import statistics
import string
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from transformers import (AutoModelForQuestionAnswering, AutoTokenizer, DataCollatorWithPadding, Trainer,
                          TrainerCallback, TrainingArguments)  # fmt: skip

WEIGHT_DECAY, N_BEST, MAX_ANSWER = 0.01, 20, 30


def split(path, valid_articles, folder):
    articles = json.loads(path.read_text())["data"]
    random.Random(0).shuffle(articles)
    for name, some in (("train", articles[:-valid_articles]), ("valid", articles[-valid_articles:])):
        (folder / f"{name}.json").write_text(json.dumps({"version": "1.1", "data": some}))


def questions_of(path):
    for article in json.loads(path.read_text())["data"]:
        for paragraph in article["paragraphs"]:
            yield from ({"context": paragraph["context"], **question} for question in paragraph["qas"])


def words(text):
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def score(prediction, answer):
    ours, theirs = words(prediction), words(answer)
    common = sum((collections.Counter(ours) & collections.Counter(theirs)).values())
    return float(ours == theirs), 2 * common / (len(ours) + len(theirs)) if common else 0.0


def scores(questions, predictions):
    best = [np.max([score(predictions[q["id"]], a["text"]) for a in q["answers"]], axis=0) for q in questions]
    exact, f1 = 100 * np.mean(best, axis=0)
    return {"f1": float(f1), "exact_match": float(exact)}


def target(offsets, begin, end):
    """First and last token of the characters [begin, end); the null answer when not all of them are in the window."""
    inside = [i for i, span in enumerate(offsets) if span]
    if offsets[inside[0]][0] > begin or offsets[inside[-1]][1] < end:
        return 0, 0
    first = max(i for i in inside if offsets[i][0] <= begin)
    return first, min(i for i in inside if offsets[i][1] >= end)


def windows_of(questions, tokenizer, a):
    """Inputs of the model, and beside them the question's number and where the context's tokens stand in it."""
    cut = tokenizer([q["question"].lstrip() for q in questions], [q["context"] for q in questions],
                    truncation="only_second", max_length=a.max_length, stride=a.doc_stride,
                    return_overflowing_tokens=True, return_offsets_mapping=True)  # fmt: skip
    inputs, places = [], []
    for i, number in enumerate(cut["overflow_to_sample_mapping"]):
        offsets = [span if s == 1 else None for span, s in zip(cut["offset_mapping"][i], cut.sequence_ids(i))]
        answer = questions[number]["answers"][0]
        begin = answer["answer_start"]
        start, end = target(offsets, begin, begin + len(answer["text"]))
        model_inputs = {name: cut[name][i] for name in tokenizer.model_input_names}
        inputs.append({**model_inputs, "start_positions": start, "end_positions": end})
        places.append((number, offsets))
    return inputs, places


def best_span(offsets, start, end):
    """Of one window: score and characters of the best answer."""
    best = (-np.inf, 0, 0)
    last_tokens = np.argsort(-end)[:N_BEST]
    for first in np.argsort(-start)[:N_BEST]:
        for last in last_tokens:
            if max(first, last) >= len(offsets) or not offsets[first] or not offsets[last]:
                continue
            if first <= last < first + MAX_ANSWER:
                best = max(best, (start[first] + end[last], offsets[first][0], offsets[last][1]))
    return best


def answers_of(questions, places, starts, ends):
    best = {}
    for (number, offsets), start, end in zip(places, starts, ends):
        best[number] = max(best.get(number, (-np.inf, 0, 0)), best_span(offsets, start, end))
    return {q["id"]: q["context"][best[n][1] : best[n][2]] for n, q in enumerate(questions)}


class StepClock(TrainerCallback):
    def __init__(self):
        self.seconds = []

    def on_step_begin(self, *_, **__):
        self.begin = time.perf_counter()

    def on_step_end(self, *_, **__):
        self.seconds.append(time.perf_counter() - self.begin)


def transformers(a, seed, folder):
    tokenizer = AutoTokenizer.from_pretrained(a.model)
    train, valid = (list(questions_of(folder / f"{name}.json")) for name in ("train", "valid"))
    train_windows, _ = windows_of(train, tokenizer, a)
    valid_windows, places = windows_of(valid, tokenizer, a)
    torch.manual_seed(seed)
    model = AutoModelForQuestionAnswering.from_pretrained(a.model)
    arguments = TrainingArguments(
        output_dir=folder / "peer", seed=seed, use_cpu=True, learning_rate=a.learning_rate, weight_decay=WEIGHT_DECAY,
        per_device_train_batch_size=a.batch_size, per_device_eval_batch_size=a.batch_size,
        num_train_epochs=a.num_train_epochs, lr_scheduler_type="linear", max_grad_norm=1.0, save_strategy="no",
        report_to=[], disable_tqdm=True, logging_strategy="no", train_sampling_strategy="group_by_length",
    )  # fmt: skip
    clock = StepClock()
    trainer = Trainer(model, arguments, train_dataset=train_windows, callbacks=[clock],
                      data_collator=DataCollatorWithPadding(tokenizer))  # fmt: skip
    begin = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - begin
    trainer.args.train_sampling_strategy = "random"  # else predictions, too, come in the order of length
    predicted = trainer.predict(valid_windows)
    assert list(predicted.label_ids[0]) == [window["start_positions"] for window in valid_windows], "out of order"
    starts, ends = predicted.predictions[:2]
    return {**scores(valid, answers_of(valid, places, starts, ends)), "step": statistics.median(clock.seconds),
            "train": seconds}  # fmt: skip


def attune(a, seed, folder):
    out, valid = folder / f"run-{seed}", folder / "valid.json"
    windows = ["--max-length", a.max_length, "--doc-stride", a.doc_stride]
    command = [a.attune, "train", "question-answering", "--model", a.model, "--train", folder / "train.json",
               "--out", out, "--seed", seed, "--learning-rate", a.learning_rate, "--weight-decay", WEIGHT_DECAY,
               "--batch-size", a.batch_size, "--num-train-epochs", a.num_train_epochs, "--lr-scheduler-type", "linear",
               "--max-grad-norm", 1, "--logging-steps", 1, "--save-steps", 0, "--threads", a.threads]  # fmt: skip
    begin = time.perf_counter()
    subprocess.run([*map(str, [*command, *windows])], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    seconds = time.perf_counter() - begin
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    command = [a.attune, "answer", out, "--input", valid, "--json", "--threads", a.threads, *windows]
    lines = subprocess.run([*map(str, command)], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    predictions = {answer["id"]: answer["answer"] for answer in map(json.loads, lines)}
    step = statistics.median(line["step_seconds"] for line in log if "step_seconds" in line)
    return {**scores(list(questions_of(valid)), predictions), "step": step, "train": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attune", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--valid-articles", type=int, default=16)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--num-train-epochs", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--max-length", type=int, default=384)
    parser.add_argument("--doc-stride", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=["attune", "transformers"])
    a = parser.parse_args()
    torch.set_num_threads(a.threads)

    results = {name: [] for name in ([a.only] if a.only else ["attune", "transformers"])}
    with tempfile.TemporaryDirectory() as folder:
        split(a.data, a.valid_articles, Path(folder))
        for seed in a.seeds:
            for name, runs in results.items():
                runs.append(globals()[name](a, seed, Path(folder)))
                print(name, json.dumps({"seed": seed, **runs[-1]}), flush=True)
    means = {}
    for name, runs in results.items():
        means[name] = {key: statistics.mean(run[key] for run in runs) for key in runs[0]}
    if not a.only:
        means["f1_difference"] = means["attune"]["f1"] - means["transformers"]["f1"]
        means["step_ratio"] = means["transformers"]["step"] / means["attune"]["step"]
    print(json.dumps(means))


if __name__ == "__main__":
    main()
