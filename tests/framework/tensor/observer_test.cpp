// Truths about observers of tensors: what is about to be made is heard of before it is there, and on its thread alone.
#include "framework/tensor/observer.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "framework/tensor/error.h"
#include "framework/tensor/tensor.h"

namespace adjoint {
namespace {

struct Shapes : Observer {
    void before_tensor(const Shape& shape) override { heard.push_back(shape); }
    std::vector<Shape> heard;
};

struct Refusal : Observer {
    void before_tensor(const Shape& shape) override { throw Error(fmt::format("no tensor of {}", shape)); }
};

TEST(Observers, HearOfTheTensorsOfTheirThreadAndLifetime) {
    const Shapes outer;
    const Tensor one = Tensor::zeros({2, 3});
    std::vector<Shape> inner_heard;
    {
        const Shapes inner;
        const Tensor two = Tensor::zeros({4});
        std::thread([] { Tensor::zeros({5}); }).join();
        const Tensor copy = two, other_shape = two.reshaped({2, 2});
        inner_heard = inner.heard;
    }
    const Tensor three = Tensor::zeros({});
    EXPECT_EQ(inner_heard, (std::vector<Shape>{{4}}));
    EXPECT_EQ(outer.heard, (std::vector<Shape>{{2, 3}, {4}, {}}));
}

TEST(Observers, KeepATensorFromBeingMadeByThrowing) {
    const Refusal refusal;
    try {
        Tensor::zeros({1'000'000'000, 1'000'000});  // of which memory would have been too little
        FAIL() << "it was made";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "no tensor of [1000000000, 1000000]");
    }
}

}  // namespace
}  // namespace adjoint
