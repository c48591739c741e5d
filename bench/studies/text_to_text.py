"""One T5 for three tasks, told apart by prefixes, beside one T5 a task (Raffel et al. 2020, section 3.5.2)."""

import json
import statistics

from models import RECIPES
from study import percent, table, write_table

# Sources get the prefix that T5's paper gives them (appendix D).
PREFIXES = {"sst2": "sst2 sentence: ", "cola": "cola sentence: ", "translation": "translate English to German: "}


class Tasks:
    def __init__(self, models, cola, translation, pairs):
        self.models, self.work = models, models.a.work
        self._label("sst2", models.a.sst2 / "train.tsv", models.a.sst2 / "dev.tsv", 0, 1, ("negative", "positive"))
        self._label("cola", cola / "in_domain_train.tsv", cola / "in_domain_dev.tsv", 3, 1,
                    ("unacceptable", "acceptable"))
        for part, count in (("train", pairs), ("val", None)):
            sides = [(translation / f"{part}.{side}").read_text().splitlines()[:count] for side in ("en", "de")]
            write_table(self._file("translation", part == "train"), ("source", "target"), zip(*sides))

    def _file(self, task, train):
        return self.work / f"{task}.{'train' if train else 'valid'}.jsonl"

    def _label(self, task, train, valid, text, label, names):
        for file, is_train in ((train, True), (valid, False)):
            rows = [line.split("\t") for line in file.read_text().splitlines()]
            write_table(self._file(task, is_train), ("source", "target"),
                        ((row[text], names[int(row[label])]) for row in rows))

    def fine_tuned(self, name, base, tasks, seed):
        files = [f"{self._file(task, True)}={PREFIXES[task]}" for task in tasks]
        return self.models.study.model(f"{name}-{seed}", "text2text", "--config", RECIPES / "small_text2text.json",
                                       "--model", base, "--train", *files, "--seed", seed)

    def figure(self, name, model, task):
        """Share of exact matches, or BLEU."""
        study = self.models.study
        if name not in study.results:
            if task == "translation":
                answer = study.command("eval", model, "--data", self._file(task, False), "--source", "source",
                                       "--target", "target", "--prefix", PREFIXES[task], "--num-beams", 1, "--json")
                study.keep(name, json.loads(answer)["bleu"])
            else:
                rows = [json.loads(line) for line in self._file(task, False).read_text().splitlines()]
                asked = self.work / "asked.txt"
                asked.write_text("".join(PREFIXES[task] + row["source"] + "\n" for row in rows))
                answers = study.command("generate", model, "--input", asked, "--max-new-tokens", 8).splitlines()
                study.keep(name, statistics.mean(a == row["target"] for a, row in zip(answers, rows, strict=True)))
        return study.results[name]

    def row(self, title, base, together):
        """A figure a task: mean of the seeds."""
        cells = []
        for task in PREFIXES:
            values = []
            for seed in self.models.a.seeds:
                name = f"{base.name}-{'together' if together else task}"
                model = self.fine_tuned(name, base, PREFIXES if together else [task], seed)
                values.append(self.figure(f"{name}/{task}/seed-{seed}", model, task))
            cells.append(f"{statistics.mean(values):.1f} ± {statistics.stdev(values):.1f}" if task == "translation"
                         else percent(values))
        return (title, *cells)


def text_to_text_table(models):
    a = models.a
    tasks = Tasks(models, a.cola, a.translation, a.pairs)
    base = models.t5("t5")
    rows = [tasks.row("three models, one a task", base, False), tasks.row("one model, by prefixes", base, True)]
    return "## T5\n\n" + table(("", "SST-2, % right", "CoLA, % right", "English to German, BLEU"), rows)
