"""Goldens for attune/tasks: metrics of classes, numbers, entities and answers, and answers decoded from logits.

    python make_task_metrics.py SQUAD_V1 SQUAD_V2 UTILS_QA       writes task_metrics.json beside itself

The arguments are files of the reference implementations that no package holds: the official evaluation scripts
of SQuAD, metrics/squad/compute_score.py and metrics/squad_v2/compute_score.py of github.com/huggingface/evaluate,
and examples/pytorch/question-answering/utils_qa.py of github.com/huggingface/transformers.

Made with scikit-learn 1.9, scipy 1.17, seqeval 1.2.2 and numpy 2 on Python 3.11.
"""

import importlib.util
import json
import math
import random
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import scipy.stats
from seqeval.metrics import accuracy_score as tag_accuracy
from seqeval.metrics import sequence_labeling
from sklearn import metrics as sklearn_metrics

OUT = Path(__file__).parent / "task_metrics.json"
TAGS = "O O O B-PER I-PER B-LOC I-LOC I-PER E-LOC S-PER B-a-b I-a-b B I X . I-_ NOUN BPER".split()
WORDS = (
    "the The a an AN A. the, theater and café cafe\u0301 Ünal THE\u00a0end a\u0301 à l'an U.S. 3.5 $5 x-ray the_end ½a ٣the "
    "一 二the İstanbul ΟΔΟΣ ΟΔΟΣ. naïve “the” ‘a’ ... , — \u3000 \u2028 \x1c the-a a-the 1a a1 Straße ß ﬁ 🙂 a🙂 \u200bthe"
).split(" ")


def load(path):
    spec = importlib.util.spec_from_file_location(Path(path).stem + str(len(path)), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def number(value):
    return None if math.isnan(value) else float(value)


def class_case(predictions, references):
    scores = {"predictions": predictions, "references": references}
    scores["accuracy"] = float(sklearn_metrics.accuracy_score(references, predictions))
    scores["matthews"] = float(sklearn_metrics.matthews_corrcoef(references, predictions))
    for average in ["macro", "micro", "weighted"]:
        values = sklearn_metrics.precision_recall_fscore_support(references, predictions, average=average)
        scores[average] = [float(value) for value in values[:3]]
    if set(predictions) | set(references) <= {0, 1}:
        values = sklearn_metrics.precision_recall_fscore_support(references, predictions, average="binary")
        scores["binary"] = [float(value) for value in values[:3]]
    labels = sorted(set(predictions) | set(references))
    table = sklearn_metrics.precision_recall_fscore_support(references, predictions, labels=labels, average=None)
    scores["classes"] = [[label, *map(float, row[:3]), int(row[3])] for label, row in zip(labels, zip(*table))]
    return scores


def class_cases(generator):
    draw = lambda labels, count: [generator.choice(labels) for _ in range(count)]
    noisy = lambda row, labels: [label if generator.random() < 0.7 else generator.choice(labels) for label in row]
    cases = [([0], [0]), ([1], [0]), ([1, 1, 1], [1, 1, 1]), ([0] * 5, [1, 0, 1, 1, 0]), ([1, 0, 1], [0] * 3)]
    cases += [([2, 2], [5, 5]), ([-1, 3, 3], [3, 3, -1])]
    for labels in [[0, 1], [0, 0, 0, 0, 1], [0, 1, 2], [7, -2, 40, 3], list(range(12))]:
        row = draw(labels, 60)
        cases += [(noisy(row, labels), row), (draw(labels, 60), row)]
    return [class_case(*case) for case in cases]


def number_case(predictions, references):
    predictions, references = np.float32(predictions).astype(np.float64), np.float32(references).astype(np.float64)
    defined = len(predictions) > 1
    return {
        "predictions": predictions.tolist(),
        "references": references.tolist(),
        "mse": float(sklearn_metrics.mean_squared_error(references, predictions)),
        "pearson": number(scipy.stats.pearsonr(predictions, references)[0]) if defined else None,
        "spearman": number(scipy.stats.spearmanr(predictions, references)[0]) if defined else None,
    }


def number_cases(generator):
    row = [generator.randrange(0, 6) / 4 for _ in range(40)]
    near = [value + generator.gauss(0, 0.5) for value in row]
    cases = [([1], [2]), ([1, 2], [3, 7]), ([1, 2], [7, 3]), ([5, 5, 5], [1, 2, 3]), ([1, 2, 3], [0, 0, 0])]
    cases += [([0.1] * 7, [0.3] * 7), (near, row), (row, near), ([-value for value in row], row), (row, row)]
    cases += [([1e30, -1e30, 3e30, 0], [1, 2, 3, 4]), ([1e-30, 2e-30, 9e-30], [3, 3, 1]), ([0, 0, 1], [-0.0, 0.0, 5])]
    cases += [([1000000 + i % 3 for i in range(30)], [generator.random() for _ in range(30)])]
    return [number_case(*case) for case in cases]


def entity_case(predictions, references):
    scores = {"predictions": predictions, "references": references}
    for average in ["micro", "macro", "weighted"]:
        values = sequence_labeling.precision_recall_fscore_support(references, predictions, average=average)
        scores[average] = [0.0 if math.isnan(value) else float(value) for value in values[:3]] + [int(values[3])]
    scores["entities"] = [sequence_labeling.get_entities(tags) for tags in references]
    types = {entity[0] for row in [*references, *predictions] for entity in sequence_labeling.get_entities(row)}
    table = sequence_labeling.precision_recall_fscore_support(references, predictions, average=None)
    scores["types"] = {name: [*map(float, row[:3]), int(row[3])] for name, row in zip(sorted(types), zip(*table))}
    scores["accuracy"] = float(tag_accuracy(references, predictions))
    return scores


def entity_cases(generator):
    cases = [([["O", "O"]], [["O", "O"]]), ([["O", "O"]], [["B-x", "I-x"]]), ([["I-x", "I-y"]], [["O", "O"]])]
    cases += [([["B-x"], ["I-x"]], [["B-x"], ["I-x"]]), ([[], ["B-x"]], [[], ["B-x"]])]
    for tags in [TAGS[:7], TAGS[:10], TAGS]:
        for _ in range(4):
            references = [[generator.choice(tags) for _ in range(generator.randrange(1, 9))] for _ in range(8)]
            noise = lambda tag: tag if generator.random() < 0.75 else generator.choice(tags)
            cases.append(([[noise(tag) for tag in row] for row in references], references))
    return [entity_case(*case) for case in cases]


def answer(generator):
    return generator.choice(["", " "]) + " ".join(generator.choices(WORDS, k=generator.choice([0, 1, 1, 2, 3, 5])))


def squad_cases(generator, v1, v2):
    rows = []
    for _ in range(300):
        answers = [answer(generator) for _ in range(generator.choice([0, 1, 1, 2, 3]))]
        prediction = generator.choice([answer(generator), "", *answers, *(text.upper() for text in answers)])
        rows.append([prediction, answers, round(generator.gauss(0, 3), 3)])
    qas = [{"id": str(i), "answers": [{"text": text} for text in row[1]]} for i, row in enumerate(rows)]
    qas_v2 = [{"id": str(i), "answers": {"text": row[1]}} for i, row in enumerate(rows)]
    predictions = {str(i): row[0] for i, row in enumerate(rows)}
    differences = {str(i): row[2] for i, row in enumerate(rows)}
    dataset = [{"paragraphs": [{"qas": qas_v2}]}]
    answered = [{"paragraphs": [{"qas": [qa for qa in qas if qa["answers"]]}]}]
    exact, f1 = v2.get_raw_scores(dataset, predictions)
    has_answer = v2.make_qid_to_has_ans(dataset)
    scores = dict(v2.make_eval_dict(exact, f1))
    v2.merge_eval(scores, v2.make_eval_dict(exact, f1, [key for key, has in has_answer.items() if has]), "HasAns")
    v2.merge_eval(scores, v2.make_eval_dict(exact, f1, [key for key, has in has_answer.items() if not has]), "NoAns")
    v2.find_all_best_thresh(scores, predictions, exact, f1, differences, has_answer)
    table = []
    for i, row in enumerate(rows):
        one = v1.compute_score([{"paragraphs": [{"qas": [qas[i]]}]}], predictions) if row[1] else None
        one = one and [one["exact_match"], one["f1"]]
        table.append([*row, v1.normalize_answer(row[0]), one, [100 * exact[str(i)], 100 * f1[str(i)]]])
    return {"rows": table, "v1": v1.compute_score(answered, predictions), "v2": scores}


def decode_case(generator, utils, windows, prefers_null=False, **options):
    words = [generator.choice(["one", "zwei", "drei", "four", "x"]) for _ in range(40)]
    context = " ".join(words)
    begins = np.cumsum([0] + [len(word) + 1 for word in words])
    spans = [(int(begin), int(begin) + len(word)) for begin, word in zip(begins, words)]
    features, logits, table = [], [[], []], []
    for first, count in windows:
        context_begin = 5  # [CLS], three tokens of a question and [SEP] before, [SEP] behind
        offsets = [None] * context_begin + spans[first : first + count] + [None]
        features.append({"example_id": "q", "offset_mapping": offsets})
        rows = [np.float32([round(generator.gauss(0, 3), 4) for _ in offsets]) for _ in range(2)]
        if prefers_null:
            for row in rows:
                row[0] = 9
        for row, to in zip(rows, logits):
            to.append(row)
        table.append([first, count, *(row.astype(np.float64).tolist() for row in rows)])
    with tempfile.TemporaryDirectory() as directory:
        answers = utils.postprocess_qa_predictions(Examples(context), features, logits, output_dir=directory, **options)
        read = lambda name: json.loads((Path(directory) / name).read_text())["q"]
        best = read("nbest_predictions.json")
        difference = read("null_odds.json") if options.get("version_2_with_negative") else None
    best = [[item["text"], item["start_logit"], item["end_logit"], item["probability"]] for item in best]
    case = {"context": context, "spans": spans, "windows": table, "options": options}
    return {**case, "text": answers["q"], "best": best, "difference": difference}


class Examples(list):
    """One example, as a data set gives it by row and by column."""

    def __init__(self, context):
        super().__init__([{"id": "q", "context": context}])

    def __getitem__(self, key):
        return ["q"] if key == "id" else super().__getitem__(key)


def decode_cases(generator, utils):
    cases = []
    for windows in [[(0, 40)], [(0, 15), (10, 15), (20, 20)], [(0, 3)]]:
        for options in [{}, {"version_2_with_negative": True}, {"version_2_with_negative": True, "prefers_null": True}]:
            cases.append(decode_case(generator, utils, windows, **options))
        cases.append(decode_case(generator, utils, windows, n_best_size=5, max_answer_length=4))
        threshold = {"version_2_with_negative": True, "null_score_diff_threshold": 6.0, "n_best_size": 8}
        cases.append(decode_case(generator, utils, windows, **threshold))
    return cases


def main():
    warnings.simplefilter("ignore")
    v1, v2, utils = [load(path) for path in sys.argv[1:4]]
    golden = {
        "classes": class_cases(random.Random(1)),
        "numbers": number_cases(random.Random(2)),
        "entities": entity_cases(random.Random(3)),
        "squad": squad_cases(random.Random(4), v1, v2),
        "decode": decode_cases(random.Random(5), utils),
    }
    text = json.dumps(golden, ensure_ascii=False, separators=(",", ":")).replace("},{", "},\n{").replace("]],[", "]],\n[")
    OUT.write_text(text + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
