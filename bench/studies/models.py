"""The small models that the studies pre-train, and the text that they are pre-trained on."""

import json
from pathlib import Path

from study import Study, sentences

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


def write_corpus(texts, sst2, path):
    """One file: documents divided by blank lines, a sentence a line."""
    documents = []
    for file in texts:
        if file.suffix == ".json":
            articles = json.loads(file.read_text())["data"]
            documents += [sentences(part["context"]) for article in articles for part in article["paragraphs"]]
        else:
            documents += [part.split("\n") for part in file.read_text().strip().split("\n\n")]
    documents += [[line.split("\t")[0]] for line in (sst2 / "train.tsv").read_text().splitlines()]
    path.write_text("\n\n".join("\n".join(document) for document in documents) + "\n")


class Models:
    """Each is made once, by the first seed."""

    FIRST_WEIGHTS = ["--max-steps", 1, "--learning-rate", 1e-12]

    def __init__(self, a):
        self.a = a
        self.study = Study(a.attune, a.work, a.threads)
        self.corpus = a.work / "corpus.txt"
        if not self.corpus.exists():
            write_corpus(a.text, a.sst2, self.corpus)

    def _make(self, name, verb, recipe, *options):
        return self.study.model(name, verb, "--config", RECIPES / f"{recipe}.json", "--train", self.corpus, "--seed",
                                self.a.seeds[0], *options)

    def bert(self, name, *options):
        return self._make(name, "mlm", "small_bert", *options)

    def gpt(self, name, *options):
        return self._make(name, "lm", "small_gpt", *options)

    def t5(self, name):
        return self._make(name, "span", "small_t5")

    def sst2(self, name, model, train=None, options=()):
        """Accuracy on SST-2's dev part, one value a seed."""
        return [self.study.figure(f"{name}/seed-{seed}", "accuracy", "classification", "--config",
                                  RECIPES / "small_classifier.json", "--model", model, "--columns", "text,label",
                                  "--train", train or self.a.sst2 / "train.tsv", "--valid", self.a.sst2 / "dev.tsv",
                                  "--seed", seed, *options) for seed in self.a.seeds]
