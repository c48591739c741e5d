"""`attune score` gives answers the log-likelihoods that Hugging Face's models give them: tiny random GPT, GPT-2 and T5
on one byte-level vocabulary, prompts of uneven length, examples before them, one prompt longer than the context."""

import argparse
import json
import tempfile
from pathlib import Path

import torch
import transformers as hf
from agreement import run
from tokenizers import ByteLevelBPETokenizer

TOLERANCE = 1e-4
TEXTS = ["the film was good and the book was bad", "is it true? yes, it is true; no, it is not", "a very long story about a cat"]
ROWS = [
    {"text": "the film was good", "a": "yes", "b": "no, it is not", "label": "A"},
    {"text": "a story", "a": "about a cat", "b": "true", "label": "1"},
    {"text": "is it true? " * 12, "a": "it is", "b": "bad", "label": "bad"},
]
EXAMPLES = [{"text": "the book was bad", "a": "no", "b": "yes", "label": "0"}]
TEMPLATE = "Text: {text}\nAnswer:"


def make_models(folder):
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(TEXTS, vocab_size=290, special_tokens=["<pad>", "</s>"], show_progress=False)
    tokenizer = hf.PreTrainedTokenizerFast(tokenizer_object=trained._tokenizer, pad_token="<pad>", eos_token="</s>")
    size = {"vocab_size": len(tokenizer), "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None}
    gpt = size | {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 64}
    t5 = size | {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2, "decoder_start_token_id": 0}
    models = {
        "gpt2": hf.GPT2LMHeadModel(hf.GPT2Config(**gpt)),
        "openai-gpt": hf.OpenAIGPTLMHeadModel(hf.OpenAIGPTConfig(**gpt)),
        "t5": hf.T5ForConditionalGeneration(hf.T5Config(**t5)),
    }
    for seed, (name, model) in enumerate(models.items()):
        torch.manual_seed(seed)
        for parameter in model.parameters():
            parameter.data.normal_(std=0.3)
        model.eval().save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    return models, tokenizer


@torch.no_grad()
def log_likelihood(model, tokenizer, prompt, answer):
    def encode(text):
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    if model.config.model_type == "t5":
        source, target = torch.tensor([encode(prompt) + [1]]), torch.tensor([encode(answer) + [1]])
        logits, targets = model(input_ids=source, labels=target).logits[0], target[0]
    else:
        given, whole = encode(prompt), encode(f"{prompt} {answer}")
        continuation = whole[len(given) :] if whole[: len(given)] == given else encode(f" {answer}")
        given = given[-(model.config.n_positions - longest_of(encode, given, prompt) + 1) :]
        ids = torch.tensor([given + continuation])
        logits, targets = model(ids[:, :-1]).logits[0][len(given) - 1 :], ids[0, len(given) :]
    return logits.log_softmax(-1).gather(-1, targets[:, None]).sum().item(), len(targets)


def longest_of(encode, given, prompt):
    """Tokens of the longest answer of the row that the prompt is of: all answers see the same of the prompt."""
    row = next(r for r in ROWS if prompt.endswith(TEMPLATE.format(**r)))
    wholes = [encode(f"{prompt} {row[key]}") for key in "ab"]
    return max(len(w) - len(given) if w[: len(given)] == given else len(encode(f" {row[k]}")) for w, k in zip(wholes, "ab"))


def check(attune, directory, model, tokenizer, shots):
    out, table, examples = directory / "out.jsonl", directory / "rows.jsonl", directory / "examples.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    examples.write_text("".join(json.dumps(row) + "\n" for row in EXAMPLES))
    few = ["--examples", examples, "--shots", shots] if shots else []
    command = [attune, "score", directory, "--input", table, "--prompt", TEMPLATE, "--answers", "{a}", "{b}"]
    report = json.loads(run([*command, *few, "--label", "label", "--json", "--out", out, "--normalize", "none"]))
    before = "".join(f"{TEMPLATE.format(**e)} {e['a']}\n\n" for e in EXAMPLES[:shots])
    worst, right = 0.0, 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(lines) == len(ROWS)
    for row, line, label in zip(ROWS, lines, "abb"):
        ours = {a["answer"]: a for a in line["answers"]}
        expected = {k: log_likelihood(model, tokenizer, before + TEMPLATE.format(**row), row[k]) for k in "ab"}
        for key, (total, tokens) in expected.items():
            answer = ours[row[key]]
            worst = max(worst, abs(answer["log_likelihood"] - total))
            assert answer["tokens"] == tokens, (row, key, answer, tokens)
            assert abs(answer["per_token"] - answer["log_likelihood"] / tokens) < 1e-9
            assert abs(answer["per_byte"] - answer["log_likelihood"] / len(row[key].encode())) < 1e-9
        best = max(expected, key=lambda k: expected[k][0])
        assert line["best"] == row[best]
        right += best == label
    assert worst < TOLERANCE, worst
    assert abs(report["accuracy"] - right / len(ROWS)) < 1e-9 and report["chance"] == 0.5, report
    print(f"{directory.name}, {shots} examples: log-likelihoods within {worst:.1e}, accuracy {report['accuracy']:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="has attune")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        models, tokenizer = make_models(Path(folder))
        for name, model in models.items():
            for shots in (0, 1):
                check(a.build / "attune", Path(folder) / name, model, tokenizer, shots)


if __name__ == "__main__":
    main()
