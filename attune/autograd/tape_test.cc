#include "attune/autograd/tape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attune/autograd/gradient_check.h"
#include "attune/ops/add/add.h"
#include "attune/ops/multiply/multiply.h"
#include "attune/ops/scale/scale.h"
#include "attune/ops/sum/sum.h"
#include "attune/ops/views/views.h"

namespace attune {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <typename F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

Tensor leaf(std::initializer_list<float> values) {
  const Tensor x = Tensor::from<float>(values, {static_cast<std::int64_t>(values.size())});
  require_gradient(x);
  return x;
}

std::vector<float> gradient(const Tensor& x) { return gradient_of(x).to_vector<float>(); }

TEST(Tape, AddsUpTheGradientsOfSeveralUses) {
  const Tensor x = leaf({3, -2});
  const Tensor y = ops::add(ops::multiply(x, x), x);  // y = x^2 + x
  backward(ops::sum(y));
  EXPECT_THAT(gradient(x), ElementsAre(7, -3));
}

// A gradient that is handed on to two places must not change in one of them.
TEST(Tape, KeepsSharedGradientsApart) {
  const Function f = [](const std::vector<Tensor>& in) {
    const Tensor a = ops::scale(in[0], 2), b = ops::scale(in[0], 3);
    const Tensor sum = ops::add(a, b), again = ops::add(sum, a);
    return std::vector<Tensor>{ops::multiply(ops::add(again, sum), ops::add(b, again))};
  };
  const Tensor x = Tensor::from<double>({0.5, -1.5, 2}, {3});
  const auto result = check_gradients(f, {x}, {true});
  EXPECT_LT(result.largest_error, 1e-7) << result.where;
}

TEST(Tape, AccumulatesOverPassesUntilCleared) {
  const Tensor x = leaf({1, 2});
  for (int pass = 0; pass < 2; ++pass) backward(ops::sum(ops::scale(x, 3)));
  EXPECT_THAT(gradient(x), ElementsAre(6, 6));
  clear_gradient(x);
  EXPECT_FALSE(gradient_of(x).defined());
  backward(ops::sum(ops::scale(x, 5)));
  EXPECT_THAT(gradient(x), ElementsAre(5, 5));
}

TEST(Tape, WritesIntoTheArenaOfALeaf) {
  const Tensor arena = Tensor::full({5}, 99);
  const Tensor x = leaf({1, 2});
  x.autograd()->gradient = arena.alias({2}, {1}, 2);
  backward(ops::sum(ops::scale(x, 3)));
  EXPECT_THAT(arena.to_vector<float>(), ElementsAre(99, 99, 3, 3, 99));
}

TEST(Tape, HookFiresOnceWhenTheGradientIsComplete) {
  const Tensor tied = leaf({1, 2}), other = leaf({5, 5});
  std::vector<std::vector<float>> seen;
  int others = 0;
  tied.autograd()->on_gradient_ready = [&] { seen.push_back(gradient(tied)); };
  other.autograd()->on_gradient_ready = [&] { ++others; };
  const auto loss = [&] {
    const Tensor hidden = ops::multiply(tied, other);
    return ops::sum(ops::multiply(ops::add(hidden, tied), tied));  // tied is used three times
  };
  backward(loss());  // sum of t^2 o + t^2
  EXPECT_THAT(seen, ElementsAre(ElementsAre(12, 24)));
  EXPECT_EQ(others, 1);
  clear_gradient(tied);
  backward(loss());
  EXPECT_THAT(seen, ElementsAre(ElementsAre(12, 24), ElementsAre(12, 24)));
}

TEST(Tape, HookFiresAgainAfterAPassThatFailed) {
  const Tensor x = leaf({1, 2});
  int fired = 0;
  x.autograd()->on_gradient_ready = [&] { ++fired; };
  const Tensor broken = record_without_gradient("argmax", {ops::scale(x, 2)}, Tensor::zeros({1}));
  EXPECT_THROW(backward(broken), Error);
  backward(ops::sum(ops::scale(x, 2)));
  EXPECT_EQ(fired, 1);
}

TEST(Tape, RecordsNothingUnderNoGrad) {
  const Tensor x = leaf({1});
  {
    const NoGrad outer;
    EXPECT_FALSE(requires_gradient(ops::scale(x, 2)));
    EXPECT_FALSE(on_tape({x}));
    { const NoGrad inner; }
    EXPECT_FALSE(requires_gradient(ops::scale(x, 2)));
  }
  EXPECT_TRUE(on_tape({x}));
  EXPECT_TRUE(requires_gradient(ops::scale(x, 2)));
  EXPECT_FALSE(requires_gradient(ops::scale(detach(x), 2)));
  EXPECT_FALSE(requires_gradient(ops::scale(Tensor::zeros({1}), 2)));
}

TEST(Tape, RecordsNothingDuringBackward) {
  const Tensor x = leaf({1});
  bool recorded = true;
  const Tensor y = record("probe", {x}, Tensor::zeros({1}), [&](Backward& b) {
    recorded = requires_gradient(ops::scale(x, 2));
    b.add(0, b.gradient());
  });
  backward(y);
  EXPECT_FALSE(recorded);
}

TEST(Tape, NoticesAnInputThatWasChanged) {
  const Tensor x = leaf({1, 2});
  const Tensor loss = ops::sum(ops::multiply(x, x));
  x.mutable_data<float>()[0] = 7;
  EXPECT_THAT(message_of([&] { backward(loss); }), HasSubstr("an input of multiply was written to"));
}

TEST(Tape, AGraphIsWalkedOnce) {
  const Tensor x = leaf({1, 2});
  const Tensor middle = ops::scale(x, 2), loss = ops::sum(middle);
  backward(loss);
  EXPECT_THAT(message_of([&] { backward(loss); }), HasSubstr("the graph through sum was already walked"));
  EXPECT_THAT(message_of([&] { backward(ops::sum(ops::multiply(middle, middle))); }),
              HasSubstr("the graph through scale was already walked"));
}

TEST(Tape, AnOperationWithoutGradientThrows) {
  const Tensor x = leaf({1, 2});
  const Tensor y = record_without_gradient("argmax", {x}, Tensor::zeros({1}));
  EXPECT_THAT(message_of([&] { backward(y); }), HasSubstr("argmax has no gradient"));
}

TEST(Tape, LossIsChecked) {
  const Tensor x = leaf({1, 2});
  EXPECT_THAT(message_of([&] { backward(ops::scale(x, 2)); }), HasSubstr("shape [2], expected one element"));
  EXPECT_THAT(message_of([&] { backward(Tensor::zeros({1})); }), HasSubstr("depends on nothing"));
  EXPECT_THAT(message_of([&] { backward(x, Tensor::zeros({2})); }), HasSubstr("itself a leaf"));
  EXPECT_THAT(message_of([&] { backward(ops::scale(x, 2), Tensor::zeros({3})); }),
              HasSubstr("float32 [3], expected float32 [2]"));
  EXPECT_THAT(message_of([] { require_gradient(Tensor::arange(3)); }), HasSubstr("int64 has no gradient"));
}

TEST(Tape, AWrongGradientNamesTheOperation) {
  const Tensor x = leaf({1, 2});
  const Tensor y =
      record("careless", {x}, Tensor::zeros({1}), [](Backward& b) { b.add(0, Tensor::zeros({3})); });
  EXPECT_THAT(message_of([&] { backward(y); }),
              HasSubstr("careless: its gradient has float32 [3], expected float32 [2]"));
}

TEST(Tape, GradientOfAnOutputThatIsNotUsedIsUndefined) {
  const Tensor x = leaf({1, 2});
  const std::array inputs{x};
  const std::array outputs{Tensor::zeros({1}), Tensor::zeros({1})};
  bool used[2] = {};
  record("split", inputs, outputs, [&](Backward& b) {
    for (int i = 0; i < 2; ++i) used[i] = b.gradient(i).defined();
  });
  backward(ops::scale(outputs[1], 2));
  EXPECT_FALSE(used[0]);
  EXPECT_TRUE(used[1]);
  EXPECT_FALSE(gradient_of(x).defined()) << "the operation gave none";
}

TEST(Tape, AbsentInputsNeedNothing) {
  const Tensor x = leaf({1});
  const Tensor y = record("optional", {x, Tensor(), Tensor::zeros({1})}, Tensor::zeros({1}), [](Backward& b) {
    EXPECT_TRUE(b.needs(0));
    EXPECT_FALSE(b.needs(1));
    EXPECT_FALSE(b.needs(2));
    EXPECT_THROW(b.target(1), Error);
    b.add(2, Tensor::zeros({7}));  // not wanted: ignored
    const Backward::Target target = b.target(0);
    EXPECT_FALSE(target.accumulate);
    target.memory.copy_from(b.gradient());
    EXPECT_TRUE(b.target(0).accumulate);
  });
  backward(y);
  EXPECT_THAT(gradient(x), ElementsAre(1));
}

TEST(Tape, LongChainsDoNotOverflowTheStack) {
  const Tensor x = leaf({1});
  Tensor y = x, unused = x;
  for (int i = 0; i < 200000; ++i) {
    y = ops::scale(y, 1);
    unused = ops::scale(unused, 1);
  }
  backward(y);
  EXPECT_THAT(gradient(x), ElementsAre(1));
  unused = Tensor();  // never walked: 200,000 records are destroyed at once
}

TEST(Tape, ReleasesActivationsAsItGoes) {
  const Tensor x = leaf({1});
  std::weak_ptr<Storage> activation;
  bool released = false;
  const Tensor first =
      record("first", {x}, Tensor::zeros({1}), [&](Backward&) { released = activation.expired(); });
  Tensor second;
  {
    const Tensor saved = Tensor::zeros({1000});
    activation = saved.storage_handle();
    second = record("second", {first}, Tensor::zeros({1}), [saved](Backward& b) { b.add(0, b.gradient()); });
  }
  EXPECT_FALSE(activation.expired());
  backward(second);
  EXPECT_TRUE(released) << "what the second record kept lives on while the first is walked";
}

}  // namespace
}  // namespace attune
