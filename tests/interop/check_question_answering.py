"""Hugging Face opens what `attune train question-answering` made, and answers the same questions the same."""

import argparse
import json
import tempfile
from pathlib import Path

import torch
from agreement import run
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

TIE = 1e-4
MAX_LENGTH, DOC_STRIDE, MAX_ANSWER, N_BEST = 128, 48, 30, 20


def open_in_transformers(directory):
    model, report = AutoModelForQuestionAnswering.from_pretrained(directory, output_loading_info=True)
    wrong = {k: v for k, v in report.items() if v}
    assert not wrong, f"{directory}: {wrong}"
    return model.eval(), AutoTokenizer.from_pretrained(directory)


@torch.no_grad()
def spans(model, tokenizer, question, context):
    """Answers of all windows, the best first: score and characters of the context."""
    cut = tokenizer(question.lstrip(), context, truncation="only_second", max_length=MAX_LENGTH, stride=DOC_STRIDE,
                    return_overflowing_tokens=True, return_offsets_mapping=True)  # fmt: skip
    found = []
    for i, offsets in enumerate(cut["offset_mapping"]):
        out = model(**{name: torch.tensor([cut[name][i]]) for name in tokenizer.model_input_names})
        start, end, of = out.start_logits[0], out.end_logits[0], cut.sequence_ids(i)
        most = min(N_BEST, len(offsets))
        for first in start.topk(most).indices.tolist():
            for last in end.topk(most).indices.tolist():
                if of[first] == of[last] == 1 and first <= last < first + MAX_ANSWER:
                    found.append(((start[first] + end[last]).item(), offsets[first][0], offsets[last][1]))
    return sorted(found, reverse=True)


def first_questions(path, count):
    """Paragraphs that hold that many questions, and these."""
    paragraphs, questions = [], []
    for article in json.loads(path.read_text())["data"]:
        for paragraph in article["paragraphs"]:
            if len(questions) < count:
                paragraphs.append(paragraph)
                questions += [(q["id"], q["question"], paragraph["context"]) for q in paragraph["qas"]]
    return {"data": [{"paragraphs": paragraphs}]}, questions


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="has attune")
    parser.add_argument("--model", type=Path, required=True, help="directory of an encoder, to be trained for some steps")
    parser.add_argument("--data", type=Path, required=True, help="questions as SQuAD's")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--max-steps", type=int, default=10)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out, data = Path(folder) / "run", Path(folder) / "questions.json"
        squad, questions = first_questions(a.data, a.questions)
        data.write_text(json.dumps(squad))
        windows = ["--max-length", MAX_LENGTH, "--doc-stride", DOC_STRIDE]
        run([a.build / "attune", "train", "question-answering", "--model", a.model, "--train", data, "--out", out,
             "--max-steps", a.max_steps, *windows])  # fmt: skip
        lines = run([a.build / "attune", "answer", out, "--input", data, "--json", *windows]).decode().splitlines()
        model, tokenizer = open_in_transformers(out)
        same = ties = several = 0
        for line, (name, question, context) in zip(lines, questions, strict=True):
            ours, theirs = json.loads(line), spans(model, tokenizer, question, context)
            assert ours["id"] == name and ours["answer"] == context[ours["start"] : ours["end"]], ours
            near = [span for span in theirs if theirs[0][0] - span[0] < TIE]
            assert (ours["start"], ours["end"]) in [span[1:] for span in near], f"{name}: {ours}, HF has {theirs[:2]}"
            same, ties = same + 1, ties + (len({span[1:] for span in near}) > 1)
            several += len(tokenizer(question, context)["input_ids"]) > MAX_LENGTH
        print(f"{same} answers are the same, {several} of them from several windows, {ties} with near ties")


if __name__ == "__main__":
    main()
