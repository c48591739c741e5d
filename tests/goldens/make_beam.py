"""Goldens for beam search, made by Hugging Face transformers: `python make_beam.py` rewrites beam/ beside this file.

Made with torch 2.15.0 and transformers 5.23.0.

beam/tables.json: the search alone. `tables` holds the log-probabilities of the next token, (sentence, position, last
token, next token); HF's generate() runs with these in place of its model's. Token 0 is padding, 1 the start, 2 the
end of text.
beam/model: a MarianMTModel with a tiny vocabulary whose end of text competes with other tokens, and generated.json:
what HF generates for `sources` in one batch.

Each case has num_beams, length_penalty, max_new_tokens and force_end_of_text, and for every sentence the new tokens
(with the end of text) and HF's sequences_scores (none for one beam, which HF does not score). Every answer is the same
in float32 and float64, so none hangs on rounding.
"""

import itertools
import json
import shutil
from pathlib import Path

import torch
from make_marian import build
from transformers import LogitsProcessorList

HERE = Path(__file__).parent / "beam"
PENALTIES = (-1.0, 0.0, 0.6, 1.0, 2.0)
END = 2


def new_tokens(row):
    """Without the start token and what follows the end of text."""
    tokens = row.tolist()[1:]
    return tokens[: tokens.index(END) + 1] if END in tokens else tokens


def generate(model, inputs, early_stopping=False, processors=(), **case):
    beams = case["num_beams"]
    out = model.generate(
        **inputs,
        do_sample=False,
        num_beams=beams,
        max_new_tokens=case["max_new_tokens"],
        forced_eos_token_id=END if case["force_end_of_text"] else None,
        logits_processor=LogitsProcessorList(processors),
        return_dict_in_generate=True,
        output_scores=True,
        **({"length_penalty": case["length_penalty"], "early_stopping": early_stopping} if beams > 1 else {}),
    )
    scores = out.sequences_scores.tolist() if beams > 1 else None
    return {"tokens": [new_tokens(row) for row in out.sequences], "scores": scores}


class Table:
    """Puts the tables' log-probabilities in place of the model's."""

    def __init__(self, tables, beams):
        self.tables, self.beams = tables, beams

    def __call__(self, input_ids, scores):
        sentence = torch.arange(len(input_ids)) // self.beams
        row = self.tables[sentence, input_ids.shape[1] - 1, input_ids[:, -1]]
        return row.to(scores.dtype)


def cases(beams, forced=(False, True)):
    for num_beams, penalty, force in itertools.product(beams, PENALTIES, forced):
        yield {"num_beams": num_beams, "length_penalty": penalty, "force_end_of_text": force}


def table_golden():
    sentences, positions, vocabulary = 4, 8, 11
    generator = torch.Generator().manual_seed(3)
    logits = 1.5 * torch.randn(sentences, positions, vocabulary, vocabulary, generator=generator)
    logits[..., :2] = -20.0  # neither padding nor the start is worth writing
    logits[1:, :, :, END] += torch.tensor([0.5, 1.5, 2.5])[:, None, None]  # the end competes more and more
    tables = logits.log_softmax(-1)
    inputs = {"input_ids": torch.full((sentences, 2), 3)}
    wide = build(11, vocab_size=vocabulary).double()
    golden, stops_early = [], 0
    for case in cases((2, 3, 5)):
        # With forced_eos_token_id HF's own processor comes before the table's: the table has to force as well.
        case |= {"max_new_tokens": positions}
        forced = tables.clone()
        if case["force_end_of_text"]:
            forced[:, -1] = -torch.inf
            forced[:, -1, :, END] = 0
        answer = generate(wide, inputs, processors=[Table(forced, case["num_beams"])], **case)
        never = generate(wide, inputs, "never", processors=[Table(forced, case["num_beams"])], **case)
        stops_early += sum(a != b for a, b in zip(answer["tokens"], never["tokens"]))
        golden.append(case | answer)
    assert stops_early > 0, "the rule to stop decides nothing: choose another seed"
    lengths = {len(tokens) for case in golden for tokens in case["tokens"]}
    assert len(lengths) >= 5, f"only the lengths {lengths}: choose another seed"
    return {"tables": tables.tolist(), "cases": golden}


def model_golden(directory):
    model = build(5, vocab_size=31, max_position_embeddings=16)
    with torch.no_grad():
        model.final_logits_bias[0, END] = 2.0
    model.generation_config.bad_words_ids = [[7]]
    model.generation_config.forced_eos_token_id = None
    model.save_pretrained(directory)
    sources = [[5, 9, 13, 21, 8, 2], [11, 2], [4, 4, 17, 2], [30, 29, 28, 27, 26, 25, 24, 23, 2], [6, 12, 2]]
    longest = max(map(len, sources))
    ids = torch.tensor([s + [0] * (longest - len(s)) for s in sources])
    inputs = {"input_ids": ids, "attention_mask": (ids != 0).long()}
    golden = []
    wide = build(5, vocab_size=31, max_position_embeddings=16)
    wide.load_state_dict(model.state_dict())
    wide.generation_config = model.generation_config
    wide = wide.double()
    for case in cases((1, 2, 3, 5)):
        case |= {"max_new_tokens": 10}
        answer, exact = generate(model, inputs, **case), generate(wide, inputs, **case)
        assert answer["tokens"] == exact["tokens"], f"{case} hangs on rounding: choose another seed"
        golden.append(case | exact)
    lengths = {len(tokens) for case in golden for tokens in case["tokens"]}
    assert len(lengths) >= 4, f"only the lengths {lengths}: choose another seed"
    return {"sources": sources, "cases": golden}


if __name__ == "__main__":
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    (HERE / "tables.json").write_text(json.dumps(table_golden()) + "\n")
    (HERE / "generated.json").write_text(json.dumps(model_golden(HERE / "model")) + "\n")
