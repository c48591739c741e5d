"""Fine-tunes a classifier with Hugging Face's Trainer and with Attune: same data, seeds and settings.

    python fine_tune_classification.py --attune ../../build/attune --model DIR --train train.tsv --valid dev.tsv
        [--columns text,label] [--metric accuracy|matthews_correlation] [--seeds 1 2 3] [--num-train-epochs 3]

Tables are .tsv without quotation; --columns names those of files without a header. Prints, as JSON, the metric of
every seed at the end of training, the means, and the median seconds of a step. The Trainer groups texts of similar
length, as Attune does. The contenders take turns seed by seed.
"""

import argparse
import csv
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import torch
from sklearn.metrics import accuracy_score, matthews_corrcoef
from transformers import (AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding, Trainer,
                          TrainerCallback, TrainingArguments)

WEIGHT_DECAY = 0.01


def rows(path, columns):
    lines = list(csv.reader(path.open(newline=""), delimiter="\t", quoting=csv.QUOTE_NONE))
    names = columns.split(",") if columns else lines.pop(0)
    return [(row[names.index("text")], row[names.index("label")]) for row in lines]


class StepClock(TrainerCallback):
    def __init__(self):
        self.seconds = []

    def on_step_begin(self, *_, **__):
        self.begin = time.perf_counter()

    def on_step_end(self, *_, **__):
        self.seconds.append(time.perf_counter() - self.begin)


def peer(a, seed, folder):
    tokenizer = AutoTokenizer.from_pretrained(a.model)
    train, valid = rows(a.train, a.columns), rows(a.valid, a.columns)
    labels = sorted({label for _, label in train})

    def encoded(some):
        ids = tokenizer([text for text, _ in some], truncation=True, max_length=a.max_length)
        columns = {**ids, "labels": [labels.index(label) for _, label in some]}
        return [dict(zip(columns, values)) for values in zip(*columns.values())]

    def metrics(prediction):
        guess = prediction.predictions.argmax(-1)
        return {"accuracy": accuracy_score(prediction.label_ids, guess),
                "matthews_correlation": matthews_corrcoef(prediction.label_ids, guess)}

    torch.manual_seed(seed)
    model = AutoModelForSequenceClassification.from_pretrained(a.model, num_labels=len(labels))
    arguments = TrainingArguments(
        output_dir=folder, seed=seed, use_cpu=True, learning_rate=a.learning_rate, weight_decay=WEIGHT_DECAY,
        per_device_train_batch_size=a.batch_size, per_device_eval_batch_size=a.batch_size,
        num_train_epochs=a.num_train_epochs, lr_scheduler_type="linear", max_grad_norm=1.0, save_strategy="no",
        report_to=[], disable_tqdm=True, logging_strategy="no", train_sampling_strategy="group_by_length")
    clock = StepClock()
    trainer = Trainer(model, arguments, train_dataset=encoded(train), eval_dataset=encoded(valid),
                      data_collator=DataCollatorWithPadding(tokenizer), compute_metrics=metrics, callbacks=[clock])
    begin = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - begin
    return {"metric": trainer.evaluate()[f"eval_{a.metric}"], "step": statistics.median(clock.seconds),
            "train": seconds}


def attune(a, seed, folder):
    out = Path(folder) / "run"
    command = [a.attune, "train", "classification", "--model", a.model, "--train", a.train, "--valid", a.valid,
               "--out", out, "--seed", seed, "--learning-rate", a.learning_rate, "--weight-decay", WEIGHT_DECAY,
               "--batch-size", a.batch_size, "--num-train-epochs", a.num_train_epochs, "--lr-scheduler-type", "linear",
               "--max-grad-norm", 1, "--max-length", a.max_length, "--logging-steps", 1, "--save-steps", 0,
               "--threads", a.threads]
    if a.columns:
        command += ["--columns", a.columns]
    begin = time.perf_counter()
    subprocess.run([*map(str, command)], check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - begin
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    steps = [line["step_seconds"] for line in log if "step_seconds" in line]
    return {"metric": [line for line in log if "eval_loss" in line][-1][f"eval_{a.metric}"],
            "step": statistics.median(steps) if steps else None, "train": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attune", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--valid", type=Path, required=True)
    parser.add_argument("--columns", default="")
    parser.add_argument("--metric", default="accuracy", choices=["accuracy", "matthews_correlation"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--num-train-epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=5e-5)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)

    results = {"transformers": [], "attune": []}
    for seed in a.seeds:
        for contender, run in (("attune", attune), ("transformers", peer)):
            with tempfile.TemporaryDirectory() as folder:
                results[contender].append(run(a, seed, folder))
                print(contender, seed, results[contender][-1], flush=True)
    means = {name: statistics.mean(run["metric"] for run in runs) for name, runs in results.items()}
    print(json.dumps({"means": means, "difference": means["attune"] - means["transformers"],
                      "step_ratio": statistics.median(run["step"] for run in results["transformers"])
                      / statistics.median(run["step"] for run in results["attune"])}))


if __name__ == "__main__":
    main()
