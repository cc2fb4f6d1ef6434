#include "layers/analysis/module_check.h"

namespace adjoint {

GradientCheckReport gradient_check(Module& module, const Tensor& x, GradientCheckOptions options) {
    const RestoreStates restore(module.states());
    const ModeScope training(Mode::train);
    module.cast(DType::float64);
    const States parameters = module.parameters();
    const std::vector<Variable> buffers = module.buffers();

    std::vector<Tensor> inputs = {x.cast(DType::float64)};
    options.names = {"x"};
    for (const auto& [name, parameter] : parameters) {
        inputs.push_back(options.exact
                             ? small_whole_numbers(parameter.shape(), Random(options.seed).stream(inputs.size()))
                             : parameter.value());
        options.names.push_back(name);
    }
    const auto f = [&](const std::vector<Variable>& values) {
        // Every call starts from the same parameters and buffers: what the layer remembers must not tell calls apart.
        for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].state.substitute(values[i + 1]);
        const States kept = module.buffers();
        for (std::size_t i = 0; i < kept.size(); ++i) kept[i].state.substitute(buffers[i]);
        return module(values[0]);
    };
    return gradient_check(f, inputs, options);
}

}  // namespace adjoint
