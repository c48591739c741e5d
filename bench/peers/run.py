"""Attune and its peers on the same work, in turn: prints a table of ratios as Markdown.

    python run.py --attune ../../build/attune --text FILE [--works char train-f32 ...] [--repeats 5]

Every measurement is a process of its own. The repeats go round the contenders, so that a slow moment of the machine
meets all of them; the table has medians. See README.md for what each figure means.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import run_once
from works import ATTUNE, HERE, METRICS, WORKS, Options


def measure_work(contenders, threads, repeats):
    """{contender: {metric: [values]}} and what went wrong, {contender: message}."""
    figures, errors = {}, {}
    for repeat in range(repeats):
        for contender in contenders:
            if contender.name in errors:
                continue
            print(f"  {repeat + 1}/{repeats} {contender.name}", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory() as folder:
                outcome = run_once(contender.command(Path(folder)), threads)
                if outcome.status != 0:
                    errors[contender.name] = outcome.stderr.strip()[-400:] or f"exit {outcome.status}"
                    continue
                values = contender.read(outcome, Path(folder))
            for metric, value in values.items():
                figures.setdefault(contender.name, {}).setdefault(metric, []).append(value)
    return figures, errors


def rows_of(title, figures):
    """Table rows: one for each metric and peer, with how many times better Attune is."""
    medians = {name: {m: statistics.median(v) for m, v in by.items()} for name, by in figures.items()}
    ours = medians.pop(ATTUNE, {})
    for key, metric in METRICS.items():
        for peer, by in medians.items():
            if key not in by:
                continue
            own, ratio = "", ""
            if key in ours:
                own = f"{ours[key]:.4g}"
                times = ours[key] / by[key] if metric.larger_is_better else by[key] / ours[key]
                ratio = f"{times:.2f}"
            yield f"| {title}: {metric.title} | {metric.unit} | {own} | {peer} | {by[key]:.4g} | {ratio} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attune", default=str(HERE.parent.parent / "build" / "attune"))
    parser.add_argument("--text", type=Path, help="a text of 1 MB or so to train on; the forecasters need none")
    parser.add_argument("--tokenizer", default="openai-community/gpt2", help="GPT-2's, a folder or its name on the hub")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "attune-peers", help="1 GB of models")
    parser.add_argument("--works", nargs="+", choices=WORKS, default=None)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--steps", type=int, default=6, help="timed GPT-2 steps a process; the char GPT makes 30 times as many")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--compile", action="store_true", help="torch.compile too (needs a C++ compiler, minutes)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only contenders whose name begins so")
    parser.add_argument("--tsl", type=Path, help="a checkout of the Time-Series-Library, which its works need")
    parser.add_argument("--json", type=Path, help="all values, for later")
    a = parser.parse_args()

    library = {work for work in WORKS if work.endswith("transformer")}
    a.works = a.works or [work for work in WORKS if a.tsl or work not in library]
    if not a.tsl and library & set(a.works):
        parser.error("works of the Time-Series-Library need --tsl")
    a.cache.mkdir(parents=True, exist_ok=True)
    if set(a.works) - library:
        if not a.text:
            parser.error("works of texts need --text")
        prepare = [sys.executable, str(HERE / "prepare.py"), str(a.cache), a.tokenizer]
        subprocess.run(prepare, check=True, stdout=sys.stderr)
    machine = [sys.executable, str(HERE / "machine.py"), str(a.threads)]
    described = subprocess.run(machine, check=True, capture_output=True, text=True).stdout.strip()
    options = Options(a.attune, a.text, a.cache, a.threads, a.steps, a.compile, a.tsl)
    rows, failures, record = [], [], {"machine": described, "works": {}}
    for work in a.works:
        title, make = WORKS[work]
        print(title, file=sys.stderr, flush=True)
        contenders = [c for c in make(options) if not a.only or c.name.startswith(tuple(a.only))]
        figures, errors = measure_work(contenders, a.threads, a.repeats)
        rows += rows_of(title, figures)
        failures += [f"{title}: {name} failed: {message}" for name, message in errors.items()]
        record["works"][work] = {"figures": figures, "errors": errors}
        if a.json:
            a.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"{described}; medians of {a.repeats}\n")
    print("| work | unit | Attune | peer | peer's | Attune is better by |\n|---|---|---|---|---|---|")
    print("\n".join(rows))
    if failures:
        sys.exit("\n" + "\n".join(failures))


if __name__ == "__main__":
    main()
