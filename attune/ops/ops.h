// Every operation.
#pragma once

#include "attune/ops/activation/activation.h"
#include "attune/ops/add/add.h"
#include "attune/ops/attention/attention.h"
#include "attune/ops/cast/cast.h"
#include "attune/ops/concatenate/concatenate.h"
#include "attune/ops/dropout/dropout.h"
#include "attune/ops/linear/linear.h"
#include "attune/ops/masked_fill/masked_fill.h"
#include "attune/ops/matmul/matmul.h"
#include "attune/ops/mean/mean.h"
#include "attune/ops/multiply/multiply.h"
#include "attune/ops/scale/scale.h"
#include "attune/ops/softmax/softmax.h"
#include "attune/ops/sum/sum.h"
#include "attune/ops/views/views.h"
