#include "attune/ops/activation/activation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attune::ops {
namespace {

TEST(ActivationNames, AreThoseOfHuggingFace) {
  for (const char* name : {"relu", "gelu", "gelu_new", "tanh", "sigmoid", "silu", "elu"})
    EXPECT_EQ(name_of(activation_from_name(name)), name);
  EXPECT_EQ(activation_from_name("gelu_pytorch_tanh"), ActivationKind::gelu_tanh);
  EXPECT_EQ(activation_from_name("swish"), ActivationKind::silu);
}

TEST(ActivationNames, UnknownNameListsTheKnown) {
  try {
    activation_from_name("geluu");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("'geluu' is not known, expected relu, gelu"));
  }
}

}  // namespace
}  // namespace attune::ops
