"""Golden for the "truncation" and "padding" of tokenizer.json: `python make_stored_lengths.py` rewrites
stored_lengths.json. Made with tokenizers 0.23.3.

`tokenizer`: one of WordPiece with [CLS] and [SEP]; cases of {truncation, padding, text, windows}: what Tokenizer.encode
gives for the text when the tokenizer is read from a file with these two fields. Windows are the encoding and what
truncation cut off, each {ids, tokens, offsets, type_ids, special_tokens_mask, attention_mask}.
"""

import itertools
import json
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

HERE = Path(__file__).parent
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "film", "the", "good", "##s", "was", "very", "##ly", "é"]
TEXTS = ["the films was very very good", "the é film", "a", ""]
TRUNCATIONS = [
    None,
    {"direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0},
    {"direction": "Left", "max_length": 6, "strategy": "OnlyFirst", "stride": 2},
]
PADDINGS = [
    None,
    {"strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": 8, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
    {"strategy": {"Fixed": 7}, "direction": "Left", "pad_to_multiple_of": None, "pad_id": 1, "pad_type_id": 2, "pad_token": "[UNK]"},
]


def base():
    tokenizer = Tokenizer(models.WordPiece({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return json.loads(tokenizer.to_str())


def fields(encoding):
    names = ("ids", "tokens", "offsets", "type_ids", "special_tokens_mask", "attention_mask")
    return {name: getattr(encoding, name) for name in names}


def main():
    file, cases = base(), []
    for truncation, padding, text in itertools.product(TRUNCATIONS, PADDINGS, TEXTS):
        tokenizer = Tokenizer.from_str(json.dumps(file | {"truncation": truncation, "padding": padding}))
        encoding = tokenizer.encode(text)
        windows = [fields(e) for e in (encoding, *encoding.overflowing)]
        cases.append({"truncation": truncation, "padding": padding, "text": text, "windows": windows})
    (HERE / "stored_lengths.json").write_text(json.dumps({"tokenizer": file, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
