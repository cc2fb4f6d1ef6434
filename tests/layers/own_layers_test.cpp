// Examples of layers of one's own (an embedding, multi-head attention, an LSTM cell), with the checks of their
// gradients and what is true of them.
#include "framework/ops/matmul.h"
#include "framework/ops/reduction.h"
#include "framework/ops/selection.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/observer.h"
#include "layers/analysis/module_check.h"
#include "layers/linear.h"
#include "tests/support/derivatives.h"

namespace adjoint {
namespace {

// ---- an embedding: its input is whole numbers, which have no gradient

/// y[…, c] = w[x[…], c] for whole numbers x, of any shape.
class Embedding : public Module {
  public:
    explicit Embedding(Tensor rows) : weight(parameter("weight", std::move(rows))) {}
    Variable forward(const Variable& x) const override { return index_select(weight, x); }

    Parameter weight;
};

TEST(Embedding, LooksUpARowForEachNumber) {
    const Embedding layer(Tensor({3, 2}, {1, 2, 3, 4, 5, 6}));
    expect_tensor(layer(Tensor({2, 2}, {2, 0, 1, 2})), {2, 2, 2}, {5, 6, 1, 2, 3, 4, 5, 6});
    EXPECT_REFUSAL(layer(Tensor({1}, {3})), "index_select: an index must be a whole number from 0 to 2; got 3");
}

TEST(Embedding, HasRightGradientsInWholeNumbers) {
    const Embedding layer(Tensor::zeros({3, 2}, DType::float64));
    const Variable x = Tensor({2, 2}, {2, 0, 1, 2});
    const auto f = [&](const std::vector<Variable>& in) {
        layer.weight.substitute(in[0]);
        return layer(x);
    };
    const Tensor weight = small_whole_numbers({3, 2}, Random(1));
    const GradientCheckReport report = gradient_check(f, {weight}, {.order = 2, .exact = true, .names = {"weight"}});
    EXPECT_TRUE(report.passed()) << report.text();
}

// ---- attention: forward(x) is self-attention, attend(x, context) takes two inputs

struct AttentionOptions {
    Index channels;
    Index heads;
    bool causal = false;  ///< whether each entry sees only itself and those before it
};

/// In each head y = softmax(q·kᵀ / √d)·v, with q made of x, k and v of a context; the heads' d channels are side by
/// side. Shapes: x [N, T, C], context [N, S, C], y [N, T, C].   Source: Vaswani et al., "Attention is all you need",
/// 2017.
class MultiHeadAttention : public Module {
  public:
    MultiHeadAttention(const AttentionOptions& options, const Random& random)
        : query(child("query", Linear({.in = options.channels, .out = options.channels}, random.stream(0)))),
          key(child("key", Linear({.in = options.channels, .out = options.channels}, random.stream(1)))),
          value(child("value", Linear({.in = options.channels, .out = options.channels}, random.stream(2)))),
          out(child("out", Linear({.in = options.channels, .out = options.channels}, random.stream(3)))),
          options_(options) {}

    Variable forward(const Variable& x) const override { return attend(x, x); }

    Variable attend(const Variable& x, const Variable& context) const {
        const Variable q = by_head(query(x)), k = by_head(key(context)), v = by_head(value(context));
        Variable scores = matmul(q, k, {.transpose_b = true}) / std::sqrt(static_cast<double>(q.extent(-1)));
        if (options_.causal) {
            const Variable place = cumsum(Tensor::ones({x.extent(1)}), 0);
            constexpr double never = -std::numeric_limits<double>::infinity();
            scores = where(reshape(place, {-1, 1}) >= place, scores, scalar(never, scores));
        }
        return out(reshape(transpose(matmul(softmax(scores), v), {0, 2, 1, 3}), x.shape()));
    }

    Linear &query, &key, &value, &out;

  private:
    // [N, T, C] to [N, heads, T, C / heads].
    Variable by_head(const Variable& x) const {
        return transpose(reshape(x, {x.extent(0), x.extent(1), options_.heads, -1}), {0, 2, 1, 3});
    }

    AttentionOptions options_;
};

TEST(MultiHeadAttention, HasRightGradientsForInputAndParametersToSecondOrder) {
    for (const bool causal : {false, true}) {
        MultiHeadAttention layer({.channels = 4, .heads = 2, .causal = causal}, Random(1));
        const GradientCheckReport report = gradient_check(layer, Random(2).normal({1, 3, 4}), {.order = 2});
        EXPECT_TRUE(report.passed()) << report.text();
    }
}

TEST(MultiHeadAttention, HasRightGradientsForBothOfItsInputs) {
    MultiHeadAttention layer({.channels = 4, .heads = 2}, Random(1));
    layer.cast(DType::float64);
    expect_derivatives([&](const std::vector<Variable>& in) { return layer.attend(in[0], in[1]); },
                       {Random(2).normal({2, 3, 4}, DType::float64), Random(3).normal({2, 2, 4}, DType::float64)});
}

TEST(MultiHeadAttention, KnowsNoOrder) {
    const MultiHeadAttention layer({.channels = 4, .heads = 2}, Random(1));
    const Variable x = Random(2).normal({1, 3, 4});
    expect_equal(layer(flip(x, {1})), flip(layer(x), {1}), 1e-6);
}

TEST(MultiHeadAttention, SeesOfOneEntryItsValueAlone) {
    const MultiHeadAttention layer({.channels = 4, .heads = 2}, Random(1));
    const Variable x = Random(2).normal({2, 3, 4}), context = Random(3).normal({2, 1, 4});
    expect_equal(layer.attend(x, context), broadcast_to(layer.out(layer.value(context)), x.shape()), 1e-6);
}

TEST(MultiHeadAttention, DoesNotSeeWhatComesLaterWhereItIsCausal) {
    const MultiHeadAttention layer({.channels = 4, .heads = 2, .causal = true}, Random(1));
    const Variable x = Random(2).normal({1, 5, 4}), first = slice(x, {.axis = 1, .end = 3});
    expect_equal(slice(layer(x), {.axis = 1, .end = 3}), layer(first), 1e-6);
}

// ---- an LSTM cell: a step takes three inputs and gives two outputs

struct LstmOptions {
    Index in;
    Index units;
};

/// c = σ(f)·c₀ + σ(i)·tanh(g),  h = σ(o)·tanh(c),  with [i, f, g, o] = [x, h₀]·W + b.   Source: Hochreiter and
/// Schmidhuber, "Long short-term memory", 1997; Gers et al., "Learning to forget", 2000.
class LstmCell : public Module {
  public:
    struct Memory {
        Variable h, c;  ///< [N, units]
    };

    LstmCell(const LstmOptions& options, const Random& random)
        : gates(child("gates", Linear({.in = options.in + options.units, .out = 4 * options.units}, random))),
          units_(options.units) {}

    Memory step(const Variable& x, const Memory& before) const {
        const Variable all = gates(concatenate({x, before.h}, 1));
        const std::vector<Variable> parts = split(all, std::vector<Index>(4, units_), 1);
        const Variable i = sigmoid(parts[0]), f = sigmoid(parts[1]), g = tanh(parts[2]), o = sigmoid(parts[3]);
        const Variable c = f * before.c + i * g;
        return {o * tanh(c), c};
    }

    /// The h of every step from a memory of zeros.   Shapes: x [N, T, in], y [N, T, units].
    Variable forward(const Variable& x) const override {
        const Variable zeros = Tensor::zeros({x.extent(0), units_}, x.dtype());
        Memory memory{zeros, zeros};
        std::vector<Variable> outputs;
        for (const Variable& at : split(x, std::vector<Index>(static_cast<std::size_t>(x.extent(1)), 1), 1)) {
            memory = step(reshape(at, {x.extent(0), x.extent(2)}), memory);
            outputs.push_back(memory.h);
        }
        return stack(outputs, 1);
    }

    Linear& gates;

  private:
    Index units_;
};

TEST(LstmCell, HasRightGradientsThroughTimeToSecondOrder) {
    LstmCell layer({.in = 2, .units = 2}, Random(1));
    const GradientCheckReport report = gradient_check(layer, Random(2).normal({2, 3, 2}), {.order = 2});
    EXPECT_TRUE(report.passed()) << report.text();
}

TEST(LstmCell, HasRightGradientsForEachOfItsInputs) {
    LstmCell layer({.in = 2, .units = 3}, Random(1));
    layer.cast(DType::float64);
    const auto f = [&](const std::vector<Variable>& in) {
        const LstmCell::Memory after = layer.step(in[0], {in[1], in[2]});
        return concatenate({after.h, after.c}, 1);
    };
    const auto normal = [](const Shape& shape, std::uint64_t seed) {
        return Random(seed).normal(shape, DType::float64);
    };
    const GradientCheckReport report = gradient_check(f, {normal({2, 2}, 2), normal({2, 3}, 3), normal({2, 3}, 4)},
                                                      {.order = 2, .names = {"x", "h", "c"}});
    EXPECT_TRUE(report.passed()) << report.text();
}

TEST(LstmCell, IsItsDefinition) {
    const LstmCell layer({.in = 1, .units = 1}, Random(1));
    layer.gates.weight.assign(Tensor({2, 4}, {0.5, -1, 2, 0.25, 1, 0.5, -0.5, 1}));
    layer.gates.bias->assign(Tensor({4}, {0.1, 0.2, 0.3, 0.4}));
    const auto logistic = [](double v) { return 1 / (1 + std::exp(-v)); };
    double h = 0, c = 0;
    std::vector<double> expected;
    for (const double x : {1.0, -2.0, 0.5}) {
        const double i = logistic(0.5 * x + h + 0.1), f = logistic(-x + 0.5 * h + 0.2);
        const double g = std::tanh(2 * x - 0.5 * h + 0.3), o = logistic(0.25 * x + h + 0.4);
        c = f * c + i * g;
        expected.push_back(h = o * std::tanh(c));
    }
    expect_tensor(layer(Tensor({1, 3, 1}, {1, -2, 0.5})), {1, 3, 1}, expected, 1e-6);
}

// ---- hooks

/// A user's hook: the largest output of each layer, by its name.
class LargestOutputs : public Observer {
  public:
    explicit LargestOutputs(const Module& network) : names_(network.module_names()) {}
    void after_module(const Module& module, const Variable& /*x*/, const Variable& y) override {
        if (names_.contains(&module)) found[names_.at(&module)] = max(reshape(y, {-1}), 0).item();
    }

    std::map<std::string, double> found;

  private:
    std::map<const Module*, std::string> names_;
};

TEST(Hooks, HearOfEveryLayerWhileTheyLive) {
    const MultiHeadAttention layer({.channels = 2, .heads = 1}, Random(1));
    LargestOutputs hook(layer);
    const Variable x = Random(2).normal({1, 3, 2}), y = layer(x);
    ASSERT_EQ(hook.found.size(), 4u);
    EXPECT_EQ(hook.found["out"], max(reshape(y, {-1}), 0).item());
    EXPECT_EQ(hook.found["query"], max(reshape(layer.query.forward(x), {-1}), 0).item());
}

}  // namespace
}  // namespace adjoint
