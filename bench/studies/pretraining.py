"""Does pre-training pay? A small BERT, GPT, ALBERT and T5, pre-trained on a few megabytes of English and fine-tuned;
every row a mean of seeds. Writes Markdown tables to standard output. A run that was stopped goes on.

    python pretraining.py --attune ../../build/attune --sst2 DIR --cola DIR --translation DIR --text FILES... --work DIR
        [--seeds 1 2 3] [--only bert gpt zero-shot albert t5]

--sst2: train.tsv and dev.tsv, `sentence TAB label` without a header. --cola: the raw tables of CoLA's public part.
--translation: train.en, train.de, val.en, val.de, a sentence a line. --text: plain text, documents divided by blank
lines; SQuAD files (.json) give their paragraphs. The sentences of SST-2's training part are pre-trained on as well,
without their labels.
"""

import argparse
from pathlib import Path

from models import Models
from study import percent, table
from text_to_text import text_to_text_table
from zero_shot import zero_shot_table


def portion(source, share, path):
    """The first part of the training data: both labels in the order of the file."""
    lines = source.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:round(len(lines) * share)]))
    return path


def bert_table(models):
    variants = [("none: first weights", "bert-0", models.FIRST_WEIGHTS),
                ("masked LM: dynamic mask, 15%", "bert", ()),
                ("static mask", "bert-static", ("--masking", "static")),
                ("mask share 5%", "bert-5", ("--mask-probability", 0.05)),
                ("mask share 40%", "bert-40", ("--mask-probability", 0.4)),
                ("with next sentence", "bert-nsp", ("--next-sentence",)),
                ("whole words masked", "bert-words", ("--whole-word-mask",))]
    rates = (3e-4, 8e-4)  # networks without pre-training want another than those with
    rows = []
    for title, name, options in variants:
        model = models.bert(name, *options)
        rows.append((title, *(percent(models.sst2(f"{name}/{rate}", model, options=("--learning-rate", rate)))
                              for rate in rates)))
    return "## BERT\n\n" + table(("pre-training", *(f"SST-2, %, rate {rate}" for rate in rates)), rows)


def albert_table(models):
    base = ("--model", "albert", "--layers", 4, "--max-steps", 3000)
    factorised, shared = ("--embedding-width", 32), ("--layer-groups", 1)
    full, separate = ("--embedding-width", 128), ("--layer-groups", 4)
    variants = [("neither", "albert-neither", full + separate),
                ("factorised embedding", "albert-factorised", factorised + separate),
                ("shared layers", "albert-shared", full + shared), ("both", "albert-both", factorised + shared)]
    rows = []
    for title, name, options in variants:
        model = models.bert(name, *base, *options)
        rows.append((title, percent(models.sst2(name, model))))
    return "## ALBERT\n\n" + table(("what of ALBERT", "SST-2 dev accuracy, %"), rows)


def gpt_tables(models):
    pretrained, first = models.gpt("gpt"), models.gpt("gpt-0", *models.FIRST_WEIGHTS)
    rows = [("none: first weights", percent(models.sst2("gpt-0", first, options=("--lm-weight", 0.5)))),
            ("language model", percent(models.sst2("gpt/100/0.5", pretrained, options=("--lm-weight", 0.5))))]
    text = "## GPT\n\n" + table(("pre-training", "SST-2 dev accuracy, %"), rows) + "\n"
    rows = []
    for share in (1, 10, 100):
        train = portion(models.a.sst2 / "train.tsv", share / 100, models.a.work / f"train-{share}.tsv")
        rows.append([f"{share}%"] + [percent(models.sst2(f"gpt/{share}/{weight}", pretrained, train,
                                                         ("--lm-weight", weight))) for weight in (0, 0.5, 2)])
    return text + table(("fine-tuning data", "λ = 0", "λ = 0.5", "λ = 2"), rows)


TABLES = {"bert": bert_table, "gpt": gpt_tables, "zero-shot": zero_shot_table, "albert": albert_table,
          "t5": text_to_text_table}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attune", required=True)
    parser.add_argument("--sst2", type=Path, required=True)
    parser.add_argument("--cola", type=Path, required=True)
    parser.add_argument("--translation", type=Path, required=True)
    parser.add_argument("--text", type=Path, nargs="+", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--pairs", type=int, default=8000, help="of translation, for T5")
    parser.add_argument("--shots", type=int, nargs="+", default=[0, 1, 4])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES))
    a = parser.parse_args()
    models = Models(a)
    for name in a.only:
        print(TABLES[name](models), flush=True)


if __name__ == "__main__":
    main()
