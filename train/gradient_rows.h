// What is a row of the gradient table? A name, the settings that it has, and what to check for given settings.
#pragma once

#include <memory>

#include "framework/kernels.h"
#include "layers/module_check.h"
#include "train/gradient_settings.h"

namespace adjoint {

/// A check that lacks nothing but options.
using GradientCheck = std::function<GradientCheckReport(const GradientCheckOptions&)>;

struct GradientRow {
    std::string name;  ///< as it is written in code: conv2d, BatchNorm, …
    std::vector<Setting> settings;
    /// Draws inputs, whole numbers where `exact`, and applies the function once. Throws Error where the settings do not
    /// fit together.
    std::function<GradientCheck(const Settings&, const Random&, bool exact)> prepare;
    bool multilinear = false;  ///< linear in each input, unless a rectifier follows
    Index samples = 0;         ///< elements of each input that are checked in whole models; 0 stands for all
    double step = 0.0;         ///< GradientCheckOptions::step

    /// Whether it is checked in whole numbers: what is multilinear and not rectified.
    bool exact(const Settings& at) const;
    /// The check for these settings, ready to run, with inputs drawn by the options' seed. Throws Error where the
    /// settings do not fit together.
    std::function<GradientCheckReport()> check(const Settings& at, GradientCheckOptions options) const;
};

// ---- inputs

/// Numbers for an input, from a random stream of its own.
struct Sample {
    Shape shape;
    std::uint64_t stream = 0;
    Tensor (*distribution)(const Shape& shape, const Random& random);

    Tensor draw(const Random& random) const { return distribution(shape, random.stream(stream)); }
};
Sample normal(Shape shape, std::uint64_t stream = 0);
/// Numbers in 0.2..1.2: away from the kinks and poles at 0.
Sample positive(Shape shape, std::uint64_t stream = 0);
/// Numbers in −0.7..−0.2 and 0.5..1, in turn.
Sample apart(Shape shape, std::uint64_t stream = 0);
/// 0.1, 0.2, … in any order: no two are so near each other that a small step exchanges them.
Sample shuffled(Shape shape, std::uint64_t stream = 0);

// ---- functions

/// What an operation's settings make of it.
struct Operation {
    DifferentiableFunction f;
    std::vector<Sample> inputs;
    std::vector<std::string> names = {};  ///< of the inputs
};
using MakeOperation = std::function<Operation(const Settings&)>;
GradientRow operation(const std::string& name, std::vector<Setting> settings, MakeOperation make);
GradientRow operation(const std::string& name, DifferentiableFunction f, std::vector<Sample> inputs);

/// With --shape and the settings of its own that f takes.
GradientRow unary(const std::string& name, std::function<Variable(const Variable&)> f, const Sample& x);
GradientRow unary(const std::string& name, std::vector<Setting> settings,
                  std::function<Variable(const Variable&, const Settings&)> f, const Sample& x);

/// With --shape for a, --other-shape for b, and the settings of its own that f takes.
GradientRow binary(const std::string& name, std::function<Variable(const Variable&, const Variable&)> f,
                   const Sample& a, const Sample& b);
GradientRow binary(const std::string& name, std::vector<Setting> settings,
                   std::function<Variable(const Variable&, const Variable&, const Settings&)> f, const Sample& a,
                   const Sample& b);

// ---- layers

using MakeLayer = std::function<std::unique_ptr<Module>(const Settings&)>;
GradientRow layer_row(const std::string& name, std::vector<Setting> settings, MakeLayer make, const Sample& x);

/// With --shape for x and the settings of its own that make takes.
template <class Make>
GradientRow layer(const std::string& name, std::vector<Setting> settings, Make make, const Sample& x) {
    using Layer = std::invoke_result_t<Make, const Settings&>;
    return layer_row(
        name, std::move(settings), [make](const Settings& s) { return std::make_unique<Layer>(make(s)); }, x);
}
template <class Make>
GradientRow layer(const std::string& name, Make make, const Sample& x) {
    return layer(
        name, {}, [make](const Settings&) { return make(); }, x);
}

// ---- kinds of rows

/// Linear in each of its inputs: checked in whole numbers, bit for bit.
GradientRow multilinear(GradientRow row);
/// Too large to move every element: so many of each input are drawn. The small step keeps clear of rectifiers' kinks,
/// of which there are many.
GradientRow sampled(GradientRow row, Index samples);

}  // namespace adjoint
