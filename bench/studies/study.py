"""Runs of the command `attune` that a study is made of: each is made once, and is found again when the study is
run again, so that a study that was stopped goes on."""

import json
import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path


class Study:
    def __init__(self, attune, folder, threads):
        self.attune, self.folder, self.threads = str(Path(attune).resolve()), Path(folder), threads
        self.folder.mkdir(parents=True, exist_ok=True)
        self.results_file = self.folder / "results.json"
        self.results = json.loads(self.results_file.read_text()) if self.results_file.exists() else {}

    def command(self, *arguments):
        """Standard output of `attune ARGUMENTS`."""
        command = [self.attune, *map(str, arguments), "--threads", str(self.threads)]
        print("+ attune", *command[1:], file=sys.stderr, flush=True)
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            sys.exit(f"{done.stderr}\nfailed: {' '.join(command)}")
        return done.stdout

    def model(self, name, *arguments):
        """The directory of the model that `attune train ARGUMENTS` makes."""
        out = self.folder / name
        if not (out / "done").exists():
            self.command("train", *arguments, "--out", out, "--overwrite-output-dir")
            for checkpoint in out.glob("checkpoint-*"):
                shutil.rmtree(checkpoint)  # a study has many models
            (out / "done").touch()
        return out

    def figure(self, name, metric, *arguments):
        """The metric of the last evaluation of `attune train ARGUMENTS`; the model is not kept."""
        if name not in self.results:
            out = self.folder / "run"
            self.command("train", *arguments, "--out", out, "--overwrite-output-dir")
            log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
            self.keep(name, [line for line in log if "eval_loss" in line][-1][f"eval_{metric}"])
            shutil.rmtree(out)
        return self.results[name]

    def keep(self, name, value):
        self.results[name] = value
        aside = self.results_file.with_suffix(".new")
        aside.write_text(json.dumps(self.results, indent=1))
        aside.rename(self.results_file)


def percent(values):
    """"81.3 ± 0.4": mean and standard deviation of some seeds."""
    spread = f" ± {100 * statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{100 * statistics.mean(values):.1f}{spread}"


def table(head, rows):
    line = lambda cells: "| " + " | ".join(map(str, cells)) + " |"
    return "\n".join([line(head), "|" + "---|" * len(head), *map(line, rows)]) + "\n"


def write_table(path, columns, rows):
    """JSON lines, an object a row."""
    path.write_text("".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows))


def sentences(text):
    return [line.strip() for line in re.split(r"(?<=[.!?])\s+", text) if line.strip()]
