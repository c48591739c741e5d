"""The works that Attune and its peers are measured on.

A Contender runs one command and reads figures from what came of it; the figures' names are those of METRICS.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from measure import Outcome

HERE = Path(__file__).parent
ATTUNE = "Attune"


@dataclass(frozen=True)
class Metric:
    title: str
    unit: str
    larger_is_better: bool = False


METRICS = {
    "step_seconds": Metric("step", "s"),
    "peak_mib": Metric("peak memory", "MiB"),
    "short_rate": Metric("16 in, 128 out", "tokens/s", True),
    "long_rate": Metric("512 in, 64 out", "tokens/s", True),
    "prefill_seconds": Metric("prefill of 512", "s"),
    "translation_rate": Metric("8 x 32 in, 32 out", "tokens/s", True),
    "1x128": Metric("1 x 128", "s"),
    "8x128": Metric("8 x 128", "s"),
    "8x384": Metric("8 x 384", "s"),
    "first_token_seconds": Metric("process start to first token", "s"),
}


@dataclass(frozen=True)
class Contender:
    """`command` is given an empty folder, for a fresh run each time; `read` the outcome and that folder."""

    name: str
    command: Callable[[Path], list[str]]
    read: Callable[[Outcome, Path], dict[str, float]]


@dataclass(frozen=True)
class Options:
    attune: str
    text: Path
    cache: Path
    threads: int
    steps: int
    compile: bool
    tsl: Path | None = None  # a checkout of the Time-Series-Library


def python(script: str, *arguments) -> list[str]:
    return [sys.executable, str(HERE / script), *map(str, arguments)]


def last_json(text: str) -> dict:
    return json.loads([line for line in text.splitlines() if line.startswith("{")][-1])


def log_median(outcome: Outcome, folder: Path, warmup: int) -> float:
    """Median step of a run of Attune, from its log."""
    lines = [json.loads(line) for line in (folder / "model" / "log.jsonl").read_text().splitlines()]
    seconds = [line["step_seconds"] for line in lines if "step_seconds" in line]
    return statistics.median(seconds[warmup:])


def attune_train(o: Options, folder: Path, dtype: str, steps: int, *arguments) -> list[str]:
    common = [o.attune, "train", "lm", "--train", str(o.text), "--out", str(folder / "model")]
    common += ["--max-steps", str(steps), "--save-steps", "0"]
    return common + ["--threads", str(o.threads), "--dtype", dtype, *map(str, arguments)]


def char_gpt(o: Options) -> list[Contender]:
    steps = 30 * o.steps

    def attune_command(folder):
        shape = ["--layers", 4, "--heads", 4, "--width", 128, "--context", 64, "--batch-size", 12, "--dropout", 0]
        schedule = ["--learning-rate", 1e-3, "--min-learning-rate", 1e-4, "--lr-scheduler-type", "cosine"]
        schedule += ["--warmup-steps", 100, "--adam-beta2", 0.99, "--weight-decay", 0.1, "--max-grad-norm", 1]
        return attune_train(o, folder, "float32", steps, "--tokenizer", "char", *shape, *schedule)

    def attune_read(outcome, folder):
        return {"step_seconds": log_median(outcome, folder, 10), "peak_mib": outcome.peak_mib}

    def pytorch_read(outcome, folder):
        return {"step_seconds": last_json(outcome.stdout)["step_ms_median"] / 1e3, "peak_mib": outcome.peak_mib}

    script = python("char_gpt.py", "--text", o.text, "--threads", o.threads, "--max-steps", steps)
    return [
        Contender("PyTorch eager", lambda folder: script, pytorch_read),
        Contender(ATTUNE, attune_command, attune_read),
    ]


def train_gpt2(o: Options, dtype: str) -> list[Contender]:
    def attune_command(folder):
        data = ["--model", o.cache / "gpt2-f32", "--context", 64, "--batch-size", 4]
        return attune_train(o, folder, dtype, 2 + o.steps, *data, "--weight-decay", 0.1, "--max-grad-norm", 1)

    def attune_read(outcome, folder):
        return {"step_seconds": log_median(outcome, folder, 2), "peak_mib": outcome.peak_mib}

    def pytorch_read(outcome, folder):
        return {"step_seconds": last_json(outcome.stdout)["step_seconds"], "peak_mib": outcome.peak_mib}

    script = python("train_gpt2.py", o.cache / "gpt2-f32", "--dtype", dtype, "--threads", o.threads, "--steps", o.steps)
    name = "PyTorch eager" if dtype == "float32" else "PyTorch autocast"
    contenders = [Contender(name, lambda folder: script, pytorch_read)]
    if o.compile:
        compiled = [*script, "--compile"]
        contenders.append(Contender("torch.compile", lambda folder: compiled, pytorch_read))
    return [*contenders, Contender(ATTUNE, attune_command, attune_read)]


# BERT-mini's sizes, with a vocabulary that the text can fill.
MASKED_MODEL = ["--model", "bert", "--tokenizer", "wordpiece:8000", "--layers", 4, "--heads", 4, "--width", 256]


def train_mlm(o: Options) -> list[Contender]:
    def attune_command(folder, steps=2 + o.steps, out=None):
        common = [o.attune, "train", "mlm", "--train", str(o.text), *MASKED_MODEL, "--context", 128, "--max-steps", steps]
        common += ["--batch-size", 32, "--save-steps", 0, "--threads", o.threads, "--out", out or folder / "model"]
        return list(map(str, common))

    def attune_read(outcome, folder):
        return {"step_seconds": log_median(outcome, folder, 2), "peak_mib": outcome.peak_mib}

    def pytorch_read(outcome, folder):
        return {"step_seconds": last_json(outcome.stdout)["step_seconds"], "peak_mib": outcome.peak_mib}

    directory = o.cache / "bert-mini"
    if not directory.exists():
        subprocess.run(attune_command(None, 1, directory), check=True, capture_output=True)
    script = python("train_mlm.py", directory, "--threads", o.threads, "--steps", o.steps)
    return [
        Contender("PyTorch eager", lambda folder: script, pytorch_read),
        Contender(ATTUNE, attune_command, attune_read),
    ]


GENERATORS = {
    "float32": {"HF transformers": "transformers", "CTranslate2": "ctranslate2", "llama.cpp": "llama"},
    "bfloat16": {"HF transformers": "transformers", "llama.cpp": "llama"},
    "int8": {"CTranslate2": "ctranslate2", "llama.cpp q8_0": "llama"},
}


def attune_generate(o: Options, dtype: str, prompt: int, new_tokens: int) -> list[str]:
    model = o.cache / ("gpt2-bf16" if dtype == "bfloat16" else "gpt2-f32")
    command = [o.attune, "generate", str(model), "--prompt-file", str(o.cache / f"prompt-{prompt}" / "text.txt")]
    command += ["--max-new-tokens", str(new_tokens), "--temperature", "0", "--ignore-eos", "--timings"]
    return command + ["--threads", str(o.threads), "--dtype", dtype]


def peer_generate(o: Options, dtype: str, *arguments) -> list[Contender]:
    """The peers' processes; their reader is the caller's to replace."""
    options = ["--dtype", dtype, "--threads", o.threads, *arguments]
    return {n: python("generate.py", peer, o.cache, *options) for n, peer in GENERATORS[dtype].items()}


def generate(o: Options, dtype: str) -> list[Contender]:
    """Rates count every new token over the time of prompt and generation together, once the model is loaded."""

    def peer_read(outcome, folder):
        t = last_json(outcome.stdout)
        rates = {"short_rate": 128 / t["short_seconds"], "long_rate": 64 / t["long_seconds"]}
        return rates | {"prefill_seconds": t["prefill_seconds"]}

    def attune_read(rate, new_tokens):
        def read(outcome, folder):
            t = last_json(outcome.stderr)
            assert t["new_tokens"] == new_tokens, f"{t['new_tokens']} new tokens, expected {new_tokens}"
            figures = {rate: new_tokens / (t["prompt_seconds"] + t["decode_seconds"])}
            return figures | ({"prefill_seconds": t["prompt_seconds"]} if rate == "long_rate" else {})

        return read

    peers = [
        Contender(name, lambda folder, c=command: c, peer_read) for name, command in peer_generate(o, dtype).items()
    ]
    attune = [
        Contender(ATTUNE, lambda folder: attune_generate(o, dtype, 16, 128), attune_read("short_rate", 128)),
        Contender(ATTUNE, lambda folder: attune_generate(o, dtype, 512, 64), attune_read("long_rate", 64)),
    ]
    return peers + attune


def first_token(o: Options, dtype: str) -> list[Contender]:
    """Seconds until the process wrote its first token, by the clock of the process that started it."""

    def read(outcome, folder):
        return {"first_token_seconds": outcome.first_output_seconds}

    def attune_read(outcome, folder):
        return {"first_token_seconds": outcome.seconds}

    peers = peer_generate(o, dtype, "--first-token")
    contenders = [Contender(name, lambda folder, c=command: c, read) for name, command in peers.items()]
    return [*contenders, Contender(ATTUNE, lambda folder: attune_generate(o, dtype, 16, 1), attune_read)]


def translate(o: Options, beams: int, model: str = "marian-f32") -> list[Contender]:
    """Rates count the new tokens of one batch over the time of encoding and decoding, in float32."""

    def peer_read(outcome, folder):
        return {"translation_rate": last_json(outcome.stdout)["tokens_per_second"]}

    def attune_read(outcome, folder):
        t = last_json(outcome.stderr)
        assert t["new_tokens"] == 4 * 256, f"{t['new_tokens']} new tokens, expected 4 x 256"
        return {"translation_rate": 256 / statistics.median(t["batch_seconds"][1:])}  # after a warm-up, as the peers

    def attune_command(folder):
        lines = (o.cache / "sources.txt").read_text(encoding="utf-8")
        (folder / "sources.txt").write_text(4 * lines, encoding="utf-8")  # four batches, as the peers'
        command = [o.attune, "translate", str(o.cache / model), "--input", str(folder / "sources.txt")]
        command += ["--num-beams", str(beams), "--max-new-tokens", "32", "--ignore-eos", "--batch-size", "8"]
        return [*command, "--timings", "--threads", str(o.threads)]

    def peer_command(peer):
        return python("translate.py", peer, o.cache, "--model", model, "--num-beams", beams, "--threads", o.threads)

    peers = {"HF transformers": "transformers"}
    if model == "marian-f32":
        peers["CTranslate2"] = "ctranslate2"
    contenders = [
        Contender(name, lambda folder, c=peer_command(peer): c, peer_read) for name, peer in peers.items()
    ]
    return [*contenders, Contender(ATTUNE, attune_command, attune_read)]


def train_translation(o: Options) -> list[Contender]:
    """The same sizes, dropout, smoothing and optimizer; every micro-batch is 128 pairs of 16 + 16 tokens."""
    steps = 4 + 4 * o.steps

    def attune_command(folder):
        sizes = ["--layers", 3, "--heads", 8, "--width", 256, "--feed-forward", 512, "--context", 128]
        command = [o.attune, "train", "translation", "--train", str(o.cache / "pairs.tsv")]
        command += ["--tokenizer", str(o.cache / "marian-f32"), *map(str, sizes), "--dropout", "0.1"]
        command += ["--label-smoothing", "0.1", "--batch-tokens", "2048", "--optimizer", "adam", "--warmup-steps", "1"]
        command += ["--max-steps", str(steps), "--save-steps", "0", "--threads", str(o.threads)]
        return [*command, "--out", str(folder / "model")]

    def attune_read(outcome, folder):
        return {"step_seconds": log_median(outcome, folder, 4), "peak_mib": outcome.peak_mib}

    def pytorch_read(outcome, folder):
        return {"step_seconds": last_json(outcome.stdout)["step_seconds"], "peak_mib": outcome.peak_mib}

    script = python("train_marian.py", "--threads", o.threads, "--steps", 4 * o.steps)
    return [
        Contender("PyTorch eager", lambda folder: script, pytorch_read),
        Contender(ATTUNE, attune_command, attune_read),
    ]


def infer_bert(o: Options, dtype: str) -> list[Contender]:
    """One batch without padding, with its tokenising and pooling in Attune's case; medians in a warm process."""

    def attune_command(size):
        def command(folder):
            batch = size.split("x")[0]
            source = str(o.cache / "bert-texts" / f"{size}.txt")
            where = ["--input", source, "--out", str(folder / "vectors.npy"), "--batch-size", batch]
            how = ["--dtype", dtype, "--threads", str(o.threads), "--timings"]
            return [o.attune, "embed", str(o.cache / "bert-f32"), *where, *how]

        return command

    def attune_read(size):
        return lambda outcome, folder: {size: statistics.median(last_json(outcome.stderr)["batch_seconds"][2:])}

    def peer_command(peer):
        return python("infer_bert.py", peer, o.cache, "--dtype", dtype, "--threads", o.threads)

    peers = {"OpenVINO": "openvino", "HF transformers": "transformers"}
    contenders = [
        Contender(name, lambda folder, c=peer_command(peer): c, lambda outcome, folder: last_json(outcome.stdout))
        for name, peer in peers.items()
    ]
    sizes = ("1x128", "8x128", "8x384")
    return contenders + [Contender(ATTUNE, attune_command(size), attune_read(size)) for size in sizes]


def train_bert(o: Options) -> list[Contender]:
    def attune_command(folder):
        data = ["--model", str(o.cache / "bert-f32"), "--train", str(o.cache / "bert-texts" / "16x64.tsv")]
        command = [o.attune, "train", "classification", *data, "--batch-size", "16", "--max-grad-norm", "1"]
        command += ["--max-steps", str(2 + o.steps), "--save-steps", "0", "--threads", str(o.threads)]
        return [*command, "--out", str(folder / "model")]

    def attune_read(outcome, folder):
        return {"step_seconds": log_median(outcome, folder, 2), "peak_mib": outcome.peak_mib}

    def pytorch_read(outcome, folder):
        return {"step_seconds": last_json(outcome.stdout)["step_seconds"], "peak_mib": outcome.peak_mib}

    script = python("train_bert.py", o.cache / "bert-f32", "--threads", o.threads, "--steps", o.steps)
    return [
        Contender("PyTorch eager", lambda folder: script, pytorch_read),
        Contender(ATTUNE, attune_command, attune_read),
    ]


FORECASTERS = {
    "transformer": ["--width", 512, "--feed-forward", 2048, "--layers", 2, "--decoder-layers", 1, "--label-length", 48],
    "itransformer": ["--width", 128, "--feed-forward", 128, "--layers", 2],
}


def train_forecaster(o: Options, model: str) -> list[Contender]:
    """32 windows of 7 channels, 96 hours to 96; the same sizes, dropout and optimizer, no clipping."""
    table = o.cache / "series.csv"
    if not table.exists():
        rows = np.random.default_rng(0).normal(size=(4000, 7)).cumsum(0)
        hours = np.datetime64("2020-01-01T00") + np.arange(len(rows)).astype("timedelta64[h]")
        lines = [f"{hour}:00," + ",".join(f"{x:.4f}" for x in row) for hour, row in zip(hours, rows, strict=True)]
        table.write_text("\n".join(["date,a,b,c,d,e,f,g", *lines]) + "\n", encoding="utf-8")

    def attune_command(folder):
        sizes = ["--model", model, *FORECASTERS[model], "--heads", 8, "--dropout", 0.1, "--context", 96, "--horizon", 96]
        steps = ["--optimizer", "adam", "--max-grad-norm", 0, "--batch-size", 32]
        steps += ["--max-steps", 4 + 4 * o.steps, "--logging-steps", 1]
        where = ["--data", table, "--time", "date", "--save-steps", 0, "--threads", o.threads, "--out", folder / "model"]
        return list(map(str, [o.attune, "train", "forecast", *sizes, *steps, *where]))

    def attune_read(outcome, folder):
        return {"step_seconds": log_median(outcome, folder, 4), "peak_mib": outcome.peak_mib}

    def pytorch_read(outcome, folder):
        return {"step_seconds": last_json(outcome.stdout)["step_seconds"], "peak_mib": outcome.peak_mib}

    script = python("train_forecaster.py", model, "--tsl", o.tsl, "--threads", o.threads, "--steps", 4 * o.steps)
    return [
        Contender("PyTorch eager", lambda folder: script, pytorch_read),
        Contender(ATTUNE, attune_command, attune_read),
    ]


WORKS = {
    "char": ("Char GPT 4/4/128/64, batch 12", char_gpt),
    "train-f32": ("GPT-2 124M, 4 x 64, float32", lambda o: train_gpt2(o, "float32")),
    "train-bf16": ("GPT-2 124M, 4 x 64, bfloat16", lambda o: train_gpt2(o, "bfloat16")),
    "train-mlm": ("BERT-mini 4/4/256, masked language model, 32 x 128, float32", train_mlm),
    "train-translation": ("Encoder-decoder 3+3, width 256, 128 x 16+16, float32", train_translation),
    "generate-f32": ("GPT-2 124M, float32", lambda o: generate(o, "float32")),
    "generate-bf16": ("GPT-2 124M, bfloat16", lambda o: generate(o, "bfloat16")),
    "generate-int8": ("GPT-2 124M, int8", lambda o: generate(o, "int8")),
    "translate-greedy": ("Encoder-decoder 6+6, width 512, greedy, float32", lambda o: translate(o, 1)),
    "translate-beam": ("Encoder-decoder 6+6, width 512, beam 4, float32", lambda o: translate(o, 4)),
    "t5-greedy": ("T5-small, greedy, float32", lambda o: translate(o, 1, "t5-f32")),
    "t5-beam": ("T5-small, beam 4, float32", lambda o: translate(o, 4, "t5-f32")),
    "bert-f32": ("BERT-base, float32", lambda o: infer_bert(o, "float32")),
    "bert-bf16": ("BERT-base, bfloat16", lambda o: infer_bert(o, "bfloat16")),
    "train-bert": ("BERT-base classifier, 16 x 64, float32", train_bert),
    "train-transformer": (
        "Transformer for forecasting 2+1, width 512, 32 x 96 to 96",
        lambda o: train_forecaster(o, "transformer"),
    ),
    "train-itransformer": (
        "iTransformer 2, width 128, 32 x 96 to 96",
        lambda o: train_forecaster(o, "itransformer"),
    ),
    "start-f32": ("GPT-2 124M, float32", lambda o: first_token(o, "float32")),
    "start-bf16": ("GPT-2 124M, bfloat16", lambda o: first_token(o, "bfloat16")),
}
