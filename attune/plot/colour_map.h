// From values to colours.
#pragma once

#include <string_view>

namespace attune::plot {

// viridis (Smith and van der Walt, 2015; CC0): equal steps of the value look like equal steps, in print and
// to the colour-blind too. Seventeen colours at equal distances, as gnuplot's `set palette defined` takes
// them.
inline constexpr std::string_view viridis =
    "0 '#440154', 1 '#48186a', 2 '#472d7b', 3 '#424086', 4 '#3b528b', 5 '#33638d', 6 '#2c728e', 7 '#26828e', "
    "8 '#21918c', 9 '#1fa088', 10 '#28ae80', 11 '#3fbc73', 12 '#5ec962', 13 '#84d44b', 14 '#addc30', "
    "15 '#d8e219', 16 '#fde725'";

}  // namespace attune::plot
