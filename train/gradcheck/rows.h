// Gradient table: the operations, layers, losses and models that there are, and on what their gradients are checked.
// A row is a name, the settings that it has, and what to check for given settings.
#pragma once

#include <memory>
#include <tuple>

#include "framework/ops/reduction.h"
#include "framework/ops/selection.h"
#include "framework/ops/shape_ops.h"
#include "layers/analysis/module_check.h"
#include "train/gradcheck/settings.h"

namespace adjoint {

using Inputs = std::vector<Variable>;

/// The settings of a check do not fit together.
struct SettingsDoNotFit : Error {
    using Error::Error;
};

struct GradientRow {
    using Check = std::function<GradientCheckReport(const GradientCheckOptions&)>;
    /// Makes the operation and its inputs, which are drawn, in whole numbers where asked, and applies it once; throws
    /// where the settings do not fit together.
    using Prepare = std::function<Check(const Settings&, const Random&, bool exact)>;

    std::string name;   ///< as it is written in code: conv2d, BatchNorm, …
    Settings settings;  ///< its example
    Prepare prepare;
    bool multilinear = false;  ///< linear in each input, unless a rectifier follows
    Index samples = 0;         ///< elements of each input that are checked in whole models; 0 stands for all

    /// Whether it is checked in whole numbers: what is multilinear and not rectified.
    bool exact(const Settings& at) const;
    /// The check for these settings, of inputs drawn by the options' seed. Throws SettingsDoNotFit.
    GradientCheckReport check(const Settings& at, GradientCheckOptions options) const;
};
using GradientRows = std::vector<GradientRow>;

/// All rows, in the order of the headers.
const GradientRows& gradient_table();

/// Its parts that have files of their own.
GradientRows convolution_rows();
GradientRows convention_rows();
GradientRows layer_rows();
GradientRows loss_rows();
GradientRows model_rows();

// ---- inputs

/// Numbers for an input, from a random stream of its own.
struct Sample {
    Shape shape;
    std::uint64_t stream;
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

// ---- operations and layers

/// What an operation's settings make of it.
struct Operation {
    DifferentiableFunction f;
    std::vector<Sample> inputs;
    std::vector<std::string> names = {};  ///< of the inputs
};
GradientRow operation(const std::string& name, const std::string& settings,
                      std::function<Operation(const Settings&)> make);

/// With the shapes of its inputs as its first settings: --shape, --other-shape.
GradientRow operation(const std::string& name, const std::vector<Sample>& inputs, const std::string& settings,
                      std::function<Variable(const Inputs&, const Settings&)> f);

/// What the parameters of a function are read from, one after the other: variables from the inputs, numbers from the
/// row's own settings in their order, a struct of options from the flags of its fields.
class Parameters {
  public:
    Parameters(const Settings& settings, std::size_t shapes, const Inputs& inputs = {})
        : settings_(settings), setting_(shapes), inputs_(inputs) {}

    template <class R, class... P>
    R pass_to(R (*f)(P...)) {
        std::tuple<std::decay_t<P>...> parameters;
        std::apply([&](auto&... each) { (read(each), ...); }, parameters);
        return std::apply(f, parameters);
    }

  private:
    const std::string& next() { return settings_.all().at(setting_++).flag->name; }

    void read(Variable& x) { x = inputs_.at(input_++); }
    void read(Settings& settings) { settings = settings_; }
    void read(double& number) { number = settings_.number(next()); }
    void read(Index& number) { number = settings_.whole(next()); }
    void read(bool& yes) { yes = settings_.is_set(next()); }
    void read(Keep& keep) { keep = settings_.is_set(next()) ? Keep::yes : Keep::no; }
    void read(Shape& shape) { shape = settings_.shape(next()); }
    void read(Size2D& pair) { pair = settings_.pair(next()); }
    void read(Slice& range) { read(range.axis), read(range.begin), read(range.end); }
    void read(Margin& margin) { read(margin.axis), read(margin.before), read(margin.after); }
    void read(Bounds& bounds) { read(bounds.min), read(bounds.max); }
    template <class Options>
    void read(Options& options) {
        options = settings_.options<Options>();
    }

    const Settings& settings_;
    std::size_t setting_;
    Inputs inputs_;
    std::size_t input_ = 0;
};

/// A function, or a lambda without captures, of the inputs and of what its other parameters are read from.
template <class F>
requires requires(F f) { +f; }
GradientRow operation(const std::string& name, const std::vector<Sample>& inputs, const std::string& settings, F f) {
    const auto set = [f = +f](const Inputs& in, const Settings& s) { return Parameters(s, in.size(), in).pass_to(f); };
    return operation(name, inputs, settings, std::function<Variable(const Inputs&, const Settings&)>(set));
}

GradientRow made_layer(const std::string& name, const Sample& x, const std::string& settings,
                       std::function<std::unique_ptr<Module>(const Settings&)> make);

/// The layer that `make` returns, with --shape for x.
template <class Make>
GradientRow layer(const std::string& name, const Sample& x, const std::string& settings, Make make) {
    return made_layer(name, x, settings, [make = +make](const Settings& s) -> std::unique_ptr<Module> {
        using Layer = decltype(Parameters(s, 1).pass_to(make));
        return std::make_unique<Layer>(Parameters(s, 1).pass_to(make));
    });
}

/// Linear in each of its inputs: checked in whole numbers, bit for bit.
GradientRow multilinear(GradientRow row);
/// A whole model, too large to move every element: 2 of each input are drawn.
GradientRow sampled(GradientRow row);
/// With a way of its own to draw a setting.
GradientRow with_draw(const std::string& flag, DrawSetting draw, GradientRow row);

}  // namespace adjoint
