#include "train/gradcheck/rows.h"

#include <fmt/ranges.h>
#include <utility>

#include "framework/ops/loops.h"
#include "framework/tensor/observer.h"

namespace adjoint {
namespace {

Tensor draw(const Sample& sample, const Random& random, bool exact) {
    constexpr Index most = 1 << 22;  // each is moved alone, and every other input with it
    for (const Index extent : sample.shape)
        require(extent >= 1, "gradcheck: every extent must be at least 1; got {}", sample.shape);
    require_affordable("gradcheck: the input", sample.shape, most);
    return exact ? small_whole_numbers(sample.shape, random.stream(sample.stream)) : sample.draw(random);
}

// Refuses what settings make too large of small inputs, before it is computed.
class AffordableTensors : public Observer {
  public:
    void before_tensor(const Shape& shape) override {
        constexpr Index most = 1 << 26;  // elements; 512 MiB of float64
        require_affordable("gradcheck: what comes of the settings", shape, most);
    }
};

constexpr const char* shape_flags[] = {"--shape", "--other-shape"};

// The settings of a row whose inputs have shapes that are settings.
std::string with_shapes(const std::vector<Sample>& inputs, const std::string& settings) {
    std::string shapes;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        shapes += fmt::format("{} {} ", shape_flags[i], fmt::join(inputs[i].shape, ","));
    }
    return shapes + settings;
}

}  // namespace

bool GradientRow::exact(const Settings& at) const {
    return multilinear && (!at.has("--slope") || at.number("--slope") == 1.0);
}

GradientCheckReport GradientRow::check(const Settings& at, GradientCheckOptions options) const {
    options.exact = exact(at);
    if (options.samples == 0) options.samples = samples;
    // A small step keeps clear of rectifiers' kinks, of which there are many in a whole model.
    if (options.step == 0.0 && samples > 0) options.step = 1e-6;
    const AffordableTensors affordable;
    Check prepared;
    try {
        prepared = prepare(at, Random(2024).stream(options.seed), options.exact);
    } catch (const Error& error) {
        throw SettingsDoNotFit(error.what());
    }
    return prepared(options);
}

Sample normal(Shape shape, std::uint64_t stream) {
    return {std::move(shape), stream, [](const Shape& s, const Random& r) { return r.normal(s, DType::float64); }};
}

Sample positive(Shape shape, std::uint64_t stream) {
    return {std::move(shape), stream, [](const Shape& s, const Random& random) {
                return map(random.uniform(s, DType::float64), [](auto u) { return u + 0.2; });
            }};
}

Sample apart(Shape shape, std::uint64_t stream) {
    return {std::move(shape), stream, [](const Shape& s, const Random& random) {
                std::vector<double> elements = random.uniform(s, DType::float64).to_vector();
                for (std::size_t i = 0; i < elements.size(); ++i) {
                    elements[i] = (i % 2 == 0 ? 1 : -1) * (elements[i] + 0.2);
                }
                return Tensor(s, elements, DType::float64);
            }};
}

Sample shuffled(Shape shape, std::uint64_t stream) {
    return {std::move(shape), stream, [](const Shape& s, const Random& random) {
                std::vector<double> elements;
                while (std::ssize(elements) < element_count(s)) {
                    const std::size_t i = elements.size();
                    elements.push_back(0.1 * static_cast<double>(i + 1));
                    std::swap(elements[i], elements[random.below(i + 1, i)]);
                }
                return Tensor(s, elements, DType::float64);
            }};
}

GradientRow operation(const std::string& name, const std::string& settings,
                      std::function<Operation(const Settings&)> make) {
    const auto prepare = [make](const Settings& s, const Random& random, bool exact) {
        const Operation made = make(s);
        std::vector<Tensor> inputs;
        for (const Sample& sample : made.inputs) inputs.push_back(draw(sample, random, exact));
        made.f(Inputs(inputs.begin(), inputs.end()));
        return [=](GradientCheckOptions options) {
            options.names = made.names;
            return gradient_check(made.f, inputs, options);
        };
    };
    return {.name = name, .settings = Settings(settings), .prepare = prepare};
}

GradientRow operation(const std::string& name, const std::vector<Sample>& inputs, const std::string& settings,
                      std::function<Variable(const Inputs&, const Settings&)> f) {
    return operation(name, with_shapes(inputs, settings), [=](const Settings& s) {
        Operation made{[=](const Inputs& in) { return f(in, s); }, inputs, {"x"}};
        if (inputs.size() == 2) made.names = {"a", "b"};
        for (std::size_t i = 0; i < inputs.size(); ++i) made.inputs[i].shape = s.shape(shape_flags[i]);
        return made;
    });
}

GradientRow made_layer(const std::string& name, const Sample& x, const std::string& settings,
                       std::function<std::unique_ptr<Module>(const Settings&)> make) {
    const auto prepare = [=](const Settings& s, const Random& random, bool exact) {
        Sample sample = x;
        sample.shape = s.shape();
        const Tensor input = draw(sample, random, exact);
        const std::shared_ptr<Module> module = make(s);
        module->cast(DType::float64);
        const ModeScope training(Mode::train);
        (*module)(input);
        return [=](const GradientCheckOptions& options) { return gradient_check(*module, input, options); };
    };
    return {.name = name, .settings = Settings(with_shapes({x}, settings)), .prepare = prepare};
}

GradientRow multilinear(GradientRow row) {
    row.multilinear = true;
    return row;
}

GradientRow sampled(GradientRow row) {
    row.samples = 2;
    return row;
}

GradientRow with_draw(const std::string& flag, DrawSetting draw, GradientRow row) {
    row.settings.at(flag).draw = std::move(draw);
    return row;
}

}  // namespace adjoint
