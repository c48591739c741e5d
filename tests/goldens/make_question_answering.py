"""Golden for attune/tasks/question_answering: windows, targets, loss and answers of encoders/bert/span.

    python make_question_answering.py UTILS_QA       writes question_answering/ beside itself

UTILS_QA is examples/pytorch/question-answering/utils_qa.py of github.com/huggingface/transformers, which no package
holds. The windows are the tokenizer's own (`return_overflowing_tokens`), the targets follow run_qa.py beside it.

Made with transformers 5.23 and torch 2.15.
"""

import json
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertForQuestionAnswering, PreTrainedTokenizerFast

HERE = Path(__file__).parent
OUT = HERE / "question_answering"
MAX_LENGTH, STRIDE, MAX_ANSWER = 12, 2, 3
VOCABULARY = (
    "[PAD] [UNK] [CLS] [SEP] where is who the old tower ##s wien in elan 🙂 ? . 東 京 ##er town 1889 cafe".split()
)
CONTEXT = "Élan 🙂 in Wien. The older towers, 東京 in the Cafe\u0301."
QUESTIONS = [
    ("places", CONTEXT, "Where is the tower?", "Wien"),
    ("blanks", CONTEXT, " \u3000 Who is old?", "東京"),
    ("pieces", CONTEXT, "Where?", "older towers"),
    ("accent", CONTEXT, "Where?", "Cafe\u0301"),
    ("none", CONTEXT, "Who is 1889?", None),
    ("short", "Wien", "Where?", "Wien"),
    ("part", "In 1889 Wien", "Where is who?", "889"),
]


def make_tokenizer():
    tokenizer = Tokenizer(models.WordPiece({w: i for i, w in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.add_special_tokens(VOCABULARY[:4])
    tokenizer.save(str(OUT / "tokenizer.json"))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", cls_token="[CLS]")


def write_squad():
    paragraphs = []
    for name, context, question, text in QUESTIONS:
        answers = [] if text is None else [{"text": text, "answer_start": context.index(text)}]
        asked = {"id": name, "question": question, "answers": answers, "is_impossible": text is None}
        paragraphs.append({"context": context, "qas": [asked]})
    squad = {"version": "v2.0", "data": [{"title": "Towers", "paragraphs": paragraphs}]}
    (OUT / "squad.json").write_text(json.dumps(squad, ensure_ascii=False, indent=1) + "\n")


def target(offsets, of_context, begin, end):
    """First and last token of the characters [begin, end); (0, 0) when they are not all in the window."""
    inside = [i for i, context in enumerate(of_context) if context]
    if offsets[inside[0]][0] > begin or offsets[inside[-1]][1] < end:
        return 0, 0
    first = max(i for i in inside if offsets[i][0] <= begin)
    return first, min(i for i in inside if offsets[i][1] >= end)


@torch.no_grad()
def windows_of(model, tokenizer, question):
    name, context, text, answer = question
    cut = tokenizer(
        text.lstrip(), context, truncation="only_second", max_length=MAX_LENGTH, stride=STRIDE,
        return_overflowing_tokens=True, return_offsets_mapping=True, return_token_type_ids=True,
    )  # fmt: skip
    for i, offsets in enumerate(cut["offset_mapping"]):
        of_context = [s == 1 for s in cut.sequence_ids(i)]
        start, end = (0, 0)
        if answer is not None:
            begin = context.index(answer)
            start, end = target(offsets, of_context, begin, begin + len(answer))
        ids, types = cut["input_ids"][i], cut["token_type_ids"][i]
        out = model(input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([types]),
                    start_positions=torch.tensor([start]), end_positions=torch.tensor([end]))  # fmt: skip
        yield {
            "question": name, "ids": ids, "types": types, "of_context": of_context,
            "offsets": [list(o) for o in offsets], "start": start, "end": end, "loss": out.loss.item(),
            "start_logits": out.start_logits[0].tolist(), "end_logits": out.end_logits[0].tolist(),
        }  # fmt: skip


class Examples(list):
    """As a data set gives them, by row and by column."""

    def __getitem__(self, key):
        return [row[key] for row in self] if isinstance(key, str) else super().__getitem__(key)


def answers_of(utils, windows, **options):
    examples = Examples({"id": name, "context": context} for name, context, _, _ in QUESTIONS)
    features, logits = [], [[], []]
    for window in windows:
        offsets = [tuple(o) if c else None for o, c in zip(window["offsets"], window["of_context"])]
        features.append({"example_id": window["question"], "offset_mapping": offsets})
        for name, into in zip(("start_logits", "end_logits"), logits):
            into.append(torch.tensor(window[name]).numpy())
    return utils.postprocess_qa_predictions(examples, features, logits, max_answer_length=MAX_ANSWER, **options)


def main():
    sys.path.insert(0, str(Path(sys.argv[1]).parent))
    utils = __import__(Path(sys.argv[1]).stem)
    OUT.mkdir(exist_ok=True)
    model = BertForQuestionAnswering.from_pretrained(HERE / "encoders/bert/span").eval()
    tokenizer = make_tokenizer()
    write_squad()
    windows = [window for question in QUESTIONS for window in windows_of(model, tokenizer, question)]
    golden = {
        "max_length": MAX_LENGTH, "stride": STRIDE, "max_answer_length": MAX_ANSWER,
        "answers": answers_of(utils, windows),
        "answers_v2": answers_of(utils, windows, version_2_with_negative=True),
        "windows": windows,
    }  # fmt: skip
    text = json.dumps(golden, ensure_ascii=False).replace('{"question"', '\n{"question"')
    (OUT / "golden.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
