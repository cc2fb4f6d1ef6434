// Truths about what a gradient check finds: faults put into pullbacks of a convolution on purpose, each at an input
// whose gradient is wrong; and none in the same function without the fault.
#include "framework/analysis/gradient_check.h"
#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/shape_ops.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

/// A function of two operands whose value is right and whose pullbacks may not be.
struct Suspect {
    Conv2DForm form;
    Variable (*value)(const Variable& a, const Variable& b, const Conv2DForm& form);
    std::function<Variable(const Variable&a, const Variable&b, const Variable&g)> to_a, to_b;  // no edge where empty
    Shape a, b;
};

GradientCheckReport check(const Suspect& suspect) {
    const auto f = [&](const Inputs& in) {
        std::vector<Edge> edges;
        if (suspect.to_a) edges.push_back({in[0], [=](const Variable& g) { return suspect.to_a(in[0], in[1], g); }});
        if (suspect.to_b) edges.push_back({in[1], [=](const Variable& g) { return suspect.to_b(in[0], in[1], g); }});
        return record(suspect.value(stop_gradient(in[0]), stop_gradient(in[1]), suspect.form).value(),
                      std::move(edges));
    };
    const Random random(5);
    return gradient_check(f, {small_whole_numbers(suspect.a, random), small_whole_numbers(suspect.b, random.stream(1))},
                          {.exact = true, .names = {"first", "second"}});
}

/// conv2d, as it should be.
Suspect right_conv2d(const Conv2DForm& form) {
    return {.form = form,
            .value = [](const Variable& x, const Variable& w, const Conv2DForm& f) { return conv2d(x, w, f); },
            .to_a = [=](const Variable&, const Variable& w,
                        const Variable& g) { return conv2d_input_gradient(g, w, form); },
            .to_b = [=](const Variable& x, const Variable&,
                        const Variable& g) { return conv2d_weight_gradient(x, g, form); },
            .a = form.image_shape(),
            .b = form.weight_shape()};
}

/// The transposed convolution, as it should be: first operand y, second w.
Suspect right_transpose(const Conv2DForm& form) {
    return {.form = form,
            .value = [](const Variable& y, const Variable& w,
                        const Conv2DForm& f) { return conv2d_input_gradient(y, w, f); },
            .to_a = [=](const Variable&, const Variable& w, const Variable& g) { return conv2d(g, w, form); },
            .to_b = [=](const Variable& y, const Variable&,
                        const Variable& g) { return conv2d_weight_gradient(g, y, form); },
            .a = form.output_shape(),
            .b = form.weight_shape()};
}

Conv2DForm usual_form() {
    return Conv2DForm::of("form", {2, 6, 7, 4}, {3, 2, 2, 6},
                          {.stride = {2, 1}, .padding = Sides{1, 0, 2, 1}, .dilation = {1, 2}, .groups = 2});
}

void expect_caught(const Suspect& suspect, const std::string& input) {
    const GradientCheckReport report = check(suspect);
    EXPECT_FALSE(report.passed());
    const InputReport& worst = report.orders[0].worst();
    EXPECT_EQ(worst.name, input) << report.text();
    EXPECT_GT(worst.worst.relative_error, 0.01) << report.text();
    EXPECT_EQ(worst.element.size(), 4u);
}

TEST(GradientCheckFinds, NoFaultWhereThereIsNone) {
    EXPECT_TRUE(check(right_conv2d(usual_form())).passed());
    EXPECT_TRUE(check(right_transpose(usual_form())).passed());
}

// A pullback that takes another form than the value's, whose sizes no longer fit, as a hand-written one would have it.
enum class Pullback { of_input, of_weight, of_transpose, of_transposes_weight };

Suspect with_wrong_form(Pullback pullback, const Conv2DForm& form, const std::function<void(Conv2DForm&)>& change) {
    Conv2DForm wrong = form;
    change(wrong);
    const bool transpose = pullback == Pullback::of_transpose || pullback == Pullback::of_transposes_weight;
    Suspect suspect = transpose ? right_transpose(form) : right_conv2d(form);
    const Suspect as_wrong = transpose ? right_transpose(wrong) : right_conv2d(wrong);
    if (pullback == Pullback::of_input || pullback == Pullback::of_transpose) {
        suspect.to_a = as_wrong.to_a;
    } else {
        suspect.to_b = as_wrong.to_b;
    }
    return suspect;
}

void expect_caught(Pullback pullback, const Conv2DForm& form, const std::function<void(Conv2DForm&)>& change) {
    const bool first = pullback == Pullback::of_input || pullback == Pullback::of_transpose;
    expect_caught(with_wrong_form(pullback, form, change), first ? "first" : "second");
}

TEST(GradientCheckFinds, StrideAndDilationSwapped) {
    const auto swap = [](Conv2DForm& f) { std::swap(f.width.stride, f.width.dilation); };
    expect_caught(Pullback::of_input, usual_form(), swap);
    expect_caught(Pullback::of_weight, usual_form(), swap);
}

TEST(GradientCheckFinds, ADilationThatIsForgotten) {
    expect_caught(Pullback::of_input, usual_form(), [](Conv2DForm& f) { f.width.dilation = 1; });
}

TEST(GradientCheckFinds, APaddingThatIsOneOff) {
    expect_caught(Pullback::of_input, usual_form(), [](Conv2DForm& f) { f.height.pad_before -= 1; });
    expect_caught(Pullback::of_weight, usual_form(), [](Conv2DForm& f) { f.width.pad_before += 1; });
}

TEST(GradientCheckFinds, TheTopAndBottomPaddingExchanged) {
    expect_caught(Pullback::of_transpose, usual_form(),
                  [](Conv2DForm& f) { std::swap(f.height.pad_before, f.height.pad_after); });
}

TEST(GradientCheckFinds, OutputPaddingOnTheWrongSide) {
    const Conv2DTransposeOptions options{
        .stride = {2, 2}, .padding = Padding::symmetric({1, 1}), .output_padding = Size2D{1, 1}};
    const Conv2DForm form = transposed_form({2, 3, 4, 2}, {3, 3, 3, 2}, options);
    EXPECT_TRUE(check(right_transpose(form)).passed());
    const auto shift = [](Conv2DForm& f) { ++f.height.pad_before, --f.height.pad_after; };
    expect_caught(Pullback::of_transpose, form, shift);
    expect_caught(Pullback::of_transposes_weight, form, shift);
}

TEST(GradientCheckFinds, RowsAndColumnsExchanged) {
    const Conv2DForm form =
        Conv2DForm::of("form", {1, 5, 5, 2}, {3, 3, 2, 2}, {.stride = {2, 1}, .padding = Padding::symmetric({1, 0})});
    expect_caught(Pullback::of_weight, form, [](Conv2DForm& f) {
        std::swap(f.height.stride, f.width.stride);
        std::swap(f.height.pad_before, f.width.pad_before);
    });
}

// The rows and columns of the filters, last first.
Variable flipped(const Variable& w) {
    Variable result = w;
    for (const Index axis : {0, 1}) {
        std::vector<Variable> parts;
        for (Index i = w.extent(axis); i-- > 0;)
            parts.push_back(slice(result, {.axis = axis, .begin = i, .end = i + 1}));
        result = concatenate(parts, axis);
    }
    return result;
}

TEST(GradientCheckFinds, AFlipThatIsMissing) {
    // The input's gradient as a convolution of g at full padding is one with flipped filters. Here they are not.
    const Conv2DForm form = Conv2DForm::of("form", {2, 5, 4, 3}, {3, 2, 3, 2}, {});
    const auto as_convolution = [](const Variable& filters, const Variable& g) {
        return conv2d(g, transpose(filters, {0, 1, 3, 2}), {.padding = Padding::full()});
    };
    Suspect suspect = right_conv2d(form);
    suspect.to_a = [=](const Variable&, const Variable& w, const Variable& g) { return as_convolution(flipped(w), g); };
    EXPECT_TRUE(check(suspect).passed());
    suspect.to_a = [=](const Variable&, const Variable& w, const Variable& g) { return as_convolution(w, g); };
    expect_caught(suspect, "first");
}

TEST(GradientCheckFinds, AGroupOffsetThatIsMissing) {
    // Every group reads the first group's filters.
    const Conv2DForm form = usual_form();
    Suspect suspect = right_conv2d(form);
    suspect.to_a = [=](const Variable&, const Variable& w, const Variable& g) {
        const Variable first = slice(w, {.axis = 3, .begin = 0, .end = form.group_filters()});
        return conv2d_input_gradient(g, concatenate({first, first}, 3), form);
    };
    expect_caught(suspect, "first");
}

TEST(GradientCheckFinds, AGroupOffsetThatIsMissingInTheImage) {
    // Every group sees the first group's channels.
    const Conv2DForm form = usual_form();
    Suspect suspect = right_conv2d(form);
    suspect.to_b = [=](const Variable& x, const Variable&, const Variable& g) {
        const Variable first = slice(x, {.axis = 3, .begin = 0, .end = form.group_channels()});
        return conv2d_weight_gradient(concatenate({first, first}, 3), g, form);
    };
    expect_caught(suspect, "second");
}

// Blocks that are put where they belong, but over one another where they should be added.
Tensor overwritten(const Tensor& y, const Tensor& w, const Conv2DForm& form) {
    std::vector<double> x(static_cast<std::size_t>(element_count(form.image_shape())), 0.0);
    for (Index output = 0; output < y.size(); ++output) {
        std::vector<double> alone(static_cast<std::size_t>(y.size()), 0.0);
        alone[static_cast<std::size_t>(output)] = y[output];
        const Tensor block = conv2d_input_gradient(doubles(y.shape(), alone), w, form).value();
        for (Index e = 0; e < block.size(); ++e) {
            if (block[e] != 0.0) x[static_cast<std::size_t>(e)] = block[e];
        }
    }
    return doubles(form.image_shape(), x);
}

TEST(GradientCheckFinds, BlocksThatAreOverwrittenInsteadOfAdded) {
    Suspect suspect = right_conv2d(usual_form());
    suspect.to_a = [=, form = usual_form()](const Variable&, const Variable& w, const Variable& g) {
        return Variable(overwritten(g.value(), w.value(), form));
    };
    expect_caught(suspect, "first");
}

TEST(GradientCheckFinds, AnEdgeThatIsDropped) {
    Suspect suspect = right_conv2d(usual_form());
    suspect.to_b = nullptr;
    expect_caught(suspect, "second");
    suspect = right_transpose(usual_form());
    suspect.to_a = nullptr;
    expect_caught(suspect, "first");
}

TEST(GradientCheckFinds, ASignThatIsWrong) {
    Suspect suspect = right_transpose(usual_form());
    suspect.to_b = [form = usual_form()](const Variable& y, const Variable&, const Variable& g) {
        return -conv2d_weight_gradient(g, y, form);
    };
    expect_caught(suspect, "second");
}

TEST(GradientCheckFinds, AFactorThatComesTwice) {
    Suspect suspect = right_conv2d(usual_form());
    suspect.to_a = [form = usual_form()](const Variable&, const Variable& w, const Variable& g) {
        const Variable once = conv2d_input_gradient(g, w, form);
        return once + once;
    };
    expect_caught(suspect, "first");
}

TEST(GradientCheckFinds, FaultsBySamplesToo) {
    const Conv2DForm form = Conv2DForm::of("form", {3, 16, 16, 8}, {3, 3, 8, 16}, {.padding = Padding::same()});
    Conv2DForm wrong = form;
    wrong.height.pad_before -= 1;
    const auto f = [=](const Inputs& in) {
        return record(conv2d(stop_gradient(in[0]), stop_gradient(in[1]), form).value(),
                      {{in[0], [=](const Variable& g) { return conv2d_input_gradient(g, in[1], wrong); }},
                       {in[1], [=](const Variable& g) { return conv2d_weight_gradient(in[0], g, form); }}});
    };
    const Random random(6);
    const GradientCheckReport report = gradient_check(f,
                                                      {random.normal(form.image_shape(), DType::float64),
                                                       random.stream(1).normal(form.weight_shape(), DType::float64)},
                                                      {.samples = 3});
    EXPECT_FALSE(report.passed());
    EXPECT_EQ(report.orders[0].worst().name, "input 0");
}

}  // namespace
}  // namespace adjoint
