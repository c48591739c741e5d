"""Goldens for span corruption: `python make_span_corruption.py` rewrites span_corruption.json beside this file.

The functions below restate, without its frameworks, what T5's code does (t5/data/preprocessors.py: random_spans_helper,
random_spans_noise_mask, noise_span_to_unique_sentinel) as run_t5_mlm_flax.py of transformers v4 has it in NumPy
(compute_input_and_target_lengths, random_spans_noise_mask, create_sentinel_ids, filter_input_ids).

    lengths   [context, density, mean span, tokens, source, target]
    counts    [length, density, mean span, tokens left out, spans]
    texts     mask, tokens, sentinels, end -> source, target
"""

import json
from pathlib import Path

import numpy as np

DENSITIES, MEAN_SPANS = (0.15, 0.3, 0.5), (1.0, 3.0, 3.5, 8.0)
SENTINELS = 100


def compute_input_and_target_lengths(inputs_length, noise_density, mean_noise_span_length):
    def lengths(tokens_length):
        num_noise_tokens = int(round(tokens_length * noise_density))
        num_nonnoise_tokens = tokens_length - num_noise_tokens
        num_noise_spans = int(round(num_noise_tokens / mean_noise_span_length))
        return num_nonnoise_tokens + num_noise_spans + 1, num_noise_tokens + num_noise_spans + 1

    tokens_length = inputs_length - 1
    while lengths(tokens_length + 1)[0] <= inputs_length:
        tokens_length += 1
    inputs_length, targets_length = lengths(tokens_length)
    if noise_density == 0.5 and targets_length > inputs_length:
        tokens_length -= 1
        inputs_length, targets_length = lengths(tokens_length)
    return tokens_length, inputs_length, targets_length


def random_spans_noise_mask(rng, length, noise_density, mean_noise_span_length):
    num_noise_tokens = int(np.round(length * noise_density))
    num_noise_tokens = min(max(num_noise_tokens, 1), length - 1)
    num_noise_spans = max(int(np.round(num_noise_tokens / mean_noise_span_length)), 1)
    num_nonnoise_tokens = length - num_noise_tokens

    def random_segmentation(num_items, num_segments):
        mask_indices = np.arange(num_items - 1) < (num_segments - 1)
        rng.shuffle(mask_indices)
        first_in_segment = np.pad(mask_indices, [[1, 0]])
        segment_id = np.cumsum(first_in_segment)
        return np.unique(segment_id, return_counts=True)[1]

    noise = random_segmentation(num_noise_tokens, num_noise_spans)
    nonnoise = random_segmentation(num_nonnoise_tokens, num_noise_spans)
    interleaved = np.reshape(np.stack([nonnoise, noise], axis=1), [num_noise_spans * 2])
    span_starts = np.cumsum(interleaved)[:-1]
    indicator = np.zeros((length,), dtype=np.int8)
    indicator[span_starts] = True
    return np.equal(np.cumsum(indicator) % 2, 1)[:length], num_noise_tokens, num_noise_spans


def create_sentinel_ids(mask, tokenizer_size):
    mask = mask.astype(np.int8)[None]
    start = mask - np.roll(mask, 1, axis=-1) * mask
    start[:, 0] = mask[:, 0]
    ids = np.where(start != 0, np.cumsum(start, axis=-1, dtype=np.int64), start)
    ids = np.where(ids != 0, tokenizer_size - ids, 0)
    return ids - (mask - start)


def filter_input_ids(tokens, sentinel_ids, end):
    full = np.where(sentinel_ids != 0, sentinel_ids, tokens[None])
    return np.append(full[full >= 0], end)


def main():
    rng = np.random.default_rng(0)
    golden = {"lengths": [], "counts": [], "texts": []}
    for density in DENSITIES:
        for span in MEAN_SPANS:
            # Contexts in which T5's two functions agree on the number of spans: not a handful of tokens.
            for context in (64, 77, 114, 128, 200, 512, 513, 1024):
                golden["lengths"].append([context, density, span, *compute_input_and_target_lengths(context, density, span)])
            for length in (2, 3, 5, 9, 10, 17, 23, 30, 50, 64, 70, 90, 110, 130, 568, 1137):
                if length * density / span > 0.6 * length * (1 - density):
                    continue  # More spans than what stands between them: T5's mask has fewer than it counts.
                mask, tokens, spans = random_spans_noise_mask(rng, length, density, span)
                golden["counts"].append([length, density, span, tokens, spans])
                if spans <= SENTINELS and length in (2, 9, 30, 64, 110):
                    text = rng.integers(3, 1000, length)
                    size = 1000 + SENTINELS
                    source = filter_input_ids(text, create_sentinel_ids(mask, size), 1)
                    target = filter_input_ids(text, create_sentinel_ids(~mask, size), 1)
                    golden["texts"].append({"mask": "".join("01"[int(m)] for m in mask), "tokens": text.tolist(),
                                            "source": source.tolist(), "target": target.tolist()})
    golden |= {"first_sentinel": 1000 + SENTINELS - 1, "sentinels": SENTINELS, "end": 1}
    rows = ",\n".join(f' "{name}": {json.dumps(value)}' for name, value in golden.items())
    Path(__file__).with_name("span_corruption.json").write_text("{\n" + rows + "\n}\n")


if __name__ == "__main__":
    main()
