"""Does pre-training pay? Small BERTs, GPTs, ALBERTs and T5s, pre-trained on a few megabytes of English and fine-tuned
on SST-2; every row a mean of seeds. Writes Markdown tables to standard output. A run that was stopped goes on.

    python pretraining.py --attune ../../build/attune --sst2 DIR --text FILES... --work DIR [--seeds 1 2 3]
        [--only bert gpt albert t5]

--sst2: train.tsv and dev.tsv, `sentence TAB label` without a header. --text: plain text, documents divided by blank
lines; SQuAD files (.json) give their paragraphs. The sentences of SST-2's training part are pre-trained on as well,
without their labels.
"""

import argparse
import json
from pathlib import Path

from study import Study, percent, sentences, table

SIZES = ["--layers", 4, "--heads", 4, "--width", 192, "--dropout", 0.1]
CONTEXT, VOCABULARY = 64, 8000
# Peak learning rate, batch and steps of pre-training and of fine-tuning, the same for every row.
PRETRAINING = ["--context", CONTEXT, "--batch-size", 64, "--learning-rate", 1e-3, "--warmup-steps", 100,
               "--lr-scheduler-type", "linear", "--weight-decay", 0.01, "--save-steps", 0, "--eval-steps", 0]
FINE_TUNING = ["--learning-rate", 2e-4, "--batch-size", 32, "--num-train-epochs", 3, "--lr-scheduler-type", "linear",
               "--warmup-steps", 50, "--weight-decay", 0.01, "--save-steps", 0, "--eval-steps", 0]


def corpus(a, path):
    """One file: documents divided by blank lines, a sentence a line."""
    documents = []
    for file in a.text:
        if file.suffix == ".json":
            articles = json.loads(file.read_text())["data"]
            documents += [sentences(part["context"]) for article in articles for part in article["paragraphs"]]
        else:
            documents += [part.split("\n") for part in file.read_text().strip().split("\n\n")]
    documents += [[line.split("\t")[0]] for line in (a.sst2 / "train.tsv").read_text().splitlines()]
    path.write_text("\n\n".join("\n".join(document) for document in documents) + "\n")


def portion(source, share, path):
    """The first part of the training data: both labels in the order of the file."""
    lines = source.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:round(len(lines) * share)]))
    return path


class Pretraining:
    def __init__(self, a):
        self.a = a
        self.study = Study(a.attune, a.work, a.threads)
        self.text = a.work / "corpus.txt"
        if not self.text.exists():
            corpus(a, self.text)
        self.first_seed = a.seeds[0]

    def encoder(self, name, steps, family="bert", sizes=SIZES, options=()):
        """A pre-trained encoder; of no steps, its first weights."""
        learned = ["--max-steps", steps] if steps else ["--max-steps", 1, "--learning-rate", 1e-12]
        return self.study.model(name, "mlm", "--model", family, "--tokenizer", f"wordpiece:{VOCABULARY}", *sizes,
                                "--train", self.text, *PRETRAINING, *learned, "--seed", self.first_seed, *options)

    def gpt(self, name, steps):
        learned = ["--max-steps", steps] if steps else ["--max-steps", 1, "--learning-rate", 1e-12]
        return self.study.model(name, "lm", "--model", "openai-gpt", "--tokenizer", f"bpe:{VOCABULARY}", *SIZES,
                                "--train", self.text, *PRETRAINING, *learned, "--seed", self.first_seed)

    def sst2(self, name, model, train=None, options=()):
        """Accuracy on SST-2's dev part, one value a seed."""
        train = train or self.a.sst2 / "train.tsv"
        return [self.study.figure(f"{name}/seed-{seed}", "accuracy", "classification", "--model", model, "--train", train,
                                  "--valid", self.a.sst2 / "dev.tsv", "--columns", "text,label", *FINE_TUNING,
                                  "--seed", seed, *options) for seed in self.a.seeds]

    def bert_tables(self):
        steps = self.a.steps
        variants = [("first weights", "bert-0", 0, ()), ("masked LM, dynamic, 15%", "bert", steps, ()),
                    ("static mask", "bert-static", steps, ("--masking", "static")),
                    ("mask share 5%", "bert-5", steps, ("--mask-probability", 0.05)),
                    ("mask share 40%", "bert-40", steps, ("--mask-probability", 0.4)),
                    ("with next sentence", "bert-nsp", steps, ("--next-sentence",)),
                    ("whole words", "bert-words", steps, ("--whole-word-mask",))]
        rows = []
        for title, name, count, options in variants:
            model = self.encoder(name, count, options=options)
            rows.append((title, count, percent(self.sst2(name, model))))
        return "## BERT\n\n" + table(("pre-training", "steps", "SST-2 dev accuracy, %"), rows)

    def albert_table(self):
        factorised, shared = ["--embedding-width", 64], ["--layer-groups", 1]
        full, separate = ["--embedding-width", 192], ["--layer-groups", 4]
        variants = [("neither", "albert-neither", full + separate), ("factorised embedding", "albert-factorised",
                                                                     factorised + separate),
                    ("shared layers", "albert-shared", full + shared), ("both", "albert-both", factorised + shared)]
        rows = []
        for title, name, options in variants:
            model = self.encoder(name, self.a.steps, "albert", options=options)
            rows.append((title, percent(self.sst2(name, model))))
        return "## ALBERT\n\n" + table(("what of ALBERT", "SST-2 dev accuracy, %"), rows)

    def gpt_tables(self):
        pretrained, first = self.gpt("gpt", self.a.steps), self.gpt("gpt-0", 0)
        rows = [("first weights", percent(self.sst2("gpt-0", first, options=("--lm-weight", 0.5)))),
                ("language model", percent(self.sst2("gpt/100/0.5", pretrained, options=("--lm-weight", 0.5))))]
        text = "## GPT\n\n" + table(("pre-training", "SST-2 dev accuracy, %"), rows) + "\n"
        rows = []
        for share in (1, 10, 100):
            train = portion(self.a.sst2 / "train.tsv", share / 100, self.a.work / f"train-{share}.tsv")
            rows.append([f"{share}%"] + [percent(self.sst2(f"gpt/{share}/{weight}", pretrained, train,
                                                           ("--lm-weight", weight))) for weight in (0, 0.5, 2)])
        return text + table(("fine-tuning data", "λ = 0", "λ = 0.5", "λ = 2"), rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attune", required=True)
    parser.add_argument("--sst2", type=Path, required=True)
    parser.add_argument("--text", type=Path, nargs="+", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="+", default=["bert", "gpt", "albert"])
    a = parser.parse_args()
    tables = Pretraining(a)
    for name, write in (("bert", tables.bert_tables), ("gpt", tables.gpt_tables), ("albert", tables.albert_table)):
        if name in a.only:
            print(write(), flush=True)


if __name__ == "__main__":
    main()
