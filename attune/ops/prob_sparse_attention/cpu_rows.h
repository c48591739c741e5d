// Loops over rows of a head, for T = float and double. Row n begins at rows + n * stride and has `width`
// values.
#pragma once

#include <cstdint>

namespace attune::ops {

// products[n] = scale x . row(index[n]), of row n where index is null.
template <typename T>
void row_products(const T* x, const T* rows, std::int64_t stride, const std::int64_t* index,
                  std::int64_t count, std::int64_t width, T scale, T* products);

// y += sum over n of factors[n] row(n)
template <typename T>
void add_weighted_rows(const T* factors, const T* rows, std::int64_t stride, std::int64_t count,
                       std::int64_t width, T* y);

// row(n) += factors[n] x
template <typename T>
void add_to_rows(const T* factors, const T* x, std::int64_t stride, std::int64_t count, std::int64_t width,
                 T* rows);

}  // namespace attune::ops
