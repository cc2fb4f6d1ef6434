#include "train/gradient_rows.h"

#include <algorithm>

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

Tensor whole_numbers(const Shape& shape, const Random& random) { return small_whole_numbers(shape, random); }

Tensor draw_normal(const Shape& shape, const Random& random) { return random.normal(shape, DType::float64); }

Tensor draw_positive(const Shape& shape, const Random& random) {
    return map(random.uniform(shape, DType::float64), [](auto u) { return u + 0.2; });
}

Tensor draw_apart(const Shape& shape, const Random& random) {
    std::vector<double> elements = draw_positive(shape, random).to_vector();
    for (std::size_t i = 1; i < elements.size(); i += 2) elements[i] = -elements[i];
    return Tensor(shape, elements, DType::float64);
}

Tensor draw_shuffled(const Shape& shape, const Random& random) {
    std::vector<double> elements(static_cast<std::size_t>(element_count(shape)));
    for (std::size_t i = 0; i < elements.size(); ++i) {
        const std::size_t earlier = random.below(i + 1, i);
        elements[i] = elements[earlier];
        elements[earlier] = 0.1 * static_cast<double>(i + 1);
    }
    return Tensor(shape, elements, DType::float64);
}

Tensor draw(const Sample& sample, const Random& random, bool exact) {
    constexpr double most = 1 << 22;  // each is moved alone, and every other input with it
    double elements = 1;
    for (const Index extent : sample.shape) {
        require(extent >= 1, "gradcheck: every extent must be at least 1; got {}", sample.shape);
        elements *= static_cast<double>(extent);
    }
    require(elements <= most, "gradcheck: the input is too large; got {}, of more than {} numbers", sample.shape,
            static_cast<Index>(most));
    return exact ? whole_numbers(sample.shape, random.stream(sample.stream)) : sample.draw(random);
}

Setting shape_setting(const std::string& flag, const Sample& sample) {
    return {.flag = flag, .usual = fmt::format("{}", fmt::join(sample.shape, ","))};
}

Sample reshaped(Sample sample, const Settings& s, const std::string& flag) {
    sample.shape = s.shape(flag);
    return sample;
}

std::vector<Setting> with_shapes(std::vector<Setting> shapes, const std::vector<Setting>& others) {
    shapes.insert(shapes.end(), others.begin(), others.end());
    return shapes;
}

}  // namespace

bool GradientRow::exact(const Settings& at) const {
    return multilinear && (!at.has("--slope") || at.number("--slope") == 1.0);
}

std::function<GradientCheckReport()> GradientRow::check(const Settings& at, GradientCheckOptions options) const {
    options.exact = exact(at);
    if (options.samples == 0) options.samples = samples;
    if (options.step == 0.0) options.step = step;
    return [ready = prepare(at, Random(2024).stream(options.seed), options.exact), options] { return ready(options); };
}

Sample normal(Shape shape, std::uint64_t stream) { return {std::move(shape), stream, draw_normal}; }
Sample positive(Shape shape, std::uint64_t stream) { return {std::move(shape), stream, draw_positive}; }
Sample apart(Shape shape, std::uint64_t stream) { return {std::move(shape), stream, draw_apart}; }
Sample shuffled(Shape shape, std::uint64_t stream) { return {std::move(shape), stream, draw_shuffled}; }

GradientRow operation(const std::string& name, std::vector<Setting> settings, MakeOperation make) {
    return {.name = name,
            .settings = std::move(settings),
            .prepare = [make](const Settings& s, const Random& random, bool exact) -> GradientCheck {
                const Operation made = make(s);
                std::vector<Tensor> inputs;
                for (const Sample& sample : made.inputs) inputs.push_back(draw(sample, random, exact));
                made.f(Inputs(inputs.begin(), inputs.end()));
                return [=](GradientCheckOptions options) {
                    options.names = made.names;
                    return gradient_check(made.f, inputs, options);
                };
            }};
}

GradientRow operation(const std::string& name, DifferentiableFunction f, std::vector<Sample> inputs) {
    return operation(name, {}, [=](const Settings&) { return Operation{f, inputs}; });
}

GradientRow unary(const std::string& name, std::function<Variable(const Variable&)> f, const Sample& x) {
    return unary(
        name, {}, [f](const Variable& v, const Settings&) { return f(v); }, x);
}

GradientRow unary(const std::string& name, std::vector<Setting> settings,
                  std::function<Variable(const Variable&, const Settings&)> f, const Sample& x) {
    return operation(name, with_shapes({shape_setting("--shape", x)}, settings), [=](const Settings& s) {
        return Operation{[f, s](const Inputs& in) { return f(in[0], s); }, {reshaped(x, s, "--shape")}, {"x"}};
    });
}

GradientRow binary(const std::string& name, std::function<Variable(const Variable&, const Variable&)> f,
                   const Sample& a, const Sample& b) {
    return binary(
        name, {}, [f](const Variable& p, const Variable& q, const Settings&) { return f(p, q); }, a, b);
}

GradientRow binary(const std::string& name, std::vector<Setting> settings,
                   std::function<Variable(const Variable&, const Variable&, const Settings&)> f, const Sample& a,
                   const Sample& b) {
    const std::vector<Setting> shapes = {shape_setting("--shape", a), shape_setting("--other-shape", b)};
    return operation(name, with_shapes(shapes, settings), [=](const Settings& s) {
        return Operation{[f, s](const Inputs& in) { return f(in[0], in[1], s); },
                         {reshaped(a, s, "--shape"), reshaped(b, s, "--other-shape")},
                         {"a", "b"}};
    });
}

GradientRow layer_row(const std::string& name, std::vector<Setting> settings, MakeLayer make, const Sample& x) {
    return {.name = name,
            .settings = with_shapes({shape_setting("--shape", x)}, settings),
            .prepare = [=](const Settings& s, const Random& random, bool exact) -> GradientCheck {
                const Tensor input = draw(reshaped(x, s, "--shape"), random, exact);
                const std::shared_ptr<Module> module = make(s);
                module->cast(DType::float64);
                const ModeScope training(Mode::train);
                (*module)(input);
                return [=](const GradientCheckOptions& options) { return gradient_check(*module, input, options); };
            }};
}

GradientRow multilinear(GradientRow row) {
    row.multilinear = true;
    return row;
}

GradientRow sampled(GradientRow row, Index samples) {
    row.samples = samples;
    row.step = 1e-6;
    return row;
}

}  // namespace adjoint
