"""Fine-tunes a tagger of words with Hugging Face's Trainer and with Attune: same data, seeds and settings.

    python fine_tune_ner.py --attune ../../build/attune --model DIR --train train.conll --valid dev.conll
        [--seeds 1 2 3] [--num-train-epochs 5 | --max-steps 50] [--only attune|transformers]

Files have a word in their first column and its label in the last. Labels are learned on the first token of each word,
as in Hugging Face's run_ner.py. Both contenders' labels of the validation file, Attune's from `attune tag`, go through
seqeval. Prints the entity F1 of every seed and the median seconds of a step, then, as JSON, the means and ratios. The
Trainer groups sentences of similar length, as Attune does. The contenders take turns seed by seed.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import torch
from seqeval.metrics import f1_score
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForTokenClassification,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

WEIGHT_DECAY = 0.01
IGNORED = -100


def sentences(path):
    """[(words, labels)] of a CoNLL file."""
    result = [([], [])]
    for line in path.read_text(encoding="utf-8").splitlines():
        columns = line.split()
        if columns:
            result[-1][0].append(columns[0])
            result[-1][1].append(columns[-1])
        elif result[-1][0]:
            result.append(([], []))
    return [sentence for sentence in result if sentence[0]]


def first_tokens(encoding):
    """(token, word) of the first token of each word."""
    words = encoding.word_ids()
    return [(t, w) for t, w in enumerate(words) if w is not None and (t == 0 or words[t - 1] != w)]


class StepClock(TrainerCallback):
    def __init__(self):
        self.seconds = []

    def on_step_begin(self, *_, **__):
        self.begin = time.perf_counter()

    def on_step_end(self, *_, **__):
        self.seconds.append(time.perf_counter() - self.begin)


def transformers(a, seed, folder):
    tokenizer = AutoTokenizer.from_pretrained(a.model)
    train, valid = sentences(a.train), sentences(a.valid)
    names = sorted({label for _, labels in train for label in labels})

    def encoded(words):
        return tokenizer(words, is_split_into_words=True, truncation=True, max_length=a.max_length)

    def example(words, labels):
        encoding = encoded(words)
        targets = [IGNORED] * len(encoding["input_ids"])
        for token, word in first_tokens(encoding):
            targets[token] = names.index(labels[word])
        return dict(encoding) | {"labels": targets}

    torch.manual_seed(seed)
    model = AutoModelForTokenClassification.from_pretrained(
        a.model, id2label=dict(enumerate(names)), label2id={name: i for i, name in enumerate(names)}
    )
    arguments = TrainingArguments(
        output_dir=folder,
        seed=seed,
        use_cpu=True,
        learning_rate=a.learning_rate,
        weight_decay=WEIGHT_DECAY,
        per_device_train_batch_size=a.batch_size,
        num_train_epochs=a.num_train_epochs,
        max_steps=a.max_steps or -1,
        lr_scheduler_type="linear",
        max_grad_norm=1.0,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        logging_strategy="no",
        train_sampling_strategy="group_by_length",
    )
    clock = StepClock()
    trainer = Trainer(
        model,
        arguments,
        train_dataset=[example(*sentence) for sentence in train],
        data_collator=DataCollatorForTokenClassification(tokenizer),
        callbacks=[clock],
    )
    begin = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - begin

    model.eval()
    predicted = []
    for words, _ in valid:
        encoding = encoded(words)
        with torch.no_grad():
            best = model(**encoding.convert_to_tensors("pt", prepend_batch_axis=True)).logits[0].argmax(-1)
        labels = ["O"] * len(words)
        for token, word in first_tokens(encoding):
            labels[word] = names[best[token]]
        predicted.append(labels)
    return predicted, clock.seconds, seconds


def attune(a, seed, folder):
    out = Path(folder) / "run"
    command = [a.attune, "train", "token-classification", "--model", a.model, "--train", a.train, "--out", out]
    command += ["--seed", seed, "--learning-rate", a.learning_rate, "--weight-decay", WEIGHT_DECAY]
    command += ["--batch-size", a.batch_size, "--max-length", a.max_length]
    command += ["--max-steps", a.max_steps] if a.max_steps else ["--num-train-epochs", a.num_train_epochs]
    command += ["--lr-scheduler-type", "linear", "--max-grad-norm", 1, "--adam-beta2", 0.999, "--adam-epsilon", 1e-8]
    command += ["--logging-steps", 1, "--threads", a.threads]
    begin = time.perf_counter()
    subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - begin
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    tagged = Path(folder) / "tagged.conll"
    command = [a.attune, "tag", out, "--input", a.valid, "--conll", "--out", tagged, "--threads", a.threads]
    subprocess.run([*map(str, command)], check=True)
    predicted = [labels for _, labels in sentences(tagged)]
    return predicted, [line["step_seconds"] for line in log if "step_seconds" in line], seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attune", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--valid", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", choices=["attune", "transformers"])
    parser.add_argument("--num-train-epochs", type=int, default=5)
    parser.add_argument("--max-steps", type=int, default=0, help="instead of epochs: to time steps alone")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)

    truth = [labels for _, labels in sentences(a.valid)]
    contenders = {"attune": attune, "transformers": transformers}
    results = {name: [] for name in contenders if a.only in (None, name)}
    for seed in a.seeds:
        for name, runs in results.items():
            with tempfile.TemporaryDirectory() as folder:
                predicted, steps, seconds = contenders[name](a, seed, folder)
            f1 = f1_score(truth, predicted)
            runs.append((f1, statistics.median(steps)))
            print(f"{name} seed {seed}: F1 {f1:.4f}, step {runs[-1][1]:.4f} s, training {seconds:.0f} s", flush=True)
    f1 = {name: statistics.mean(f1 for f1, _ in runs) for name, runs in results.items()}
    step = {name: statistics.median(seconds for _, seconds in runs) for name, runs in results.items()}
    summary = {"f1": f1, "step_seconds": step}
    if len(results) == 2:
        summary |= {"difference": f1["attune"] - f1["transformers"], "ratio": step["transformers"] / step["attune"]}
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
