#include "framework/finish.h"

#include "framework/elementwise.h"
#include "framework/reduction.h"

namespace adjoint {

void require_finish(const char* operation, const Finish& finish, Index channels, const Variable& operand) {
    require(finish.slope >= 0.0, "{}: the slope must not be negative; got {}", operation, finish.slope);
    if (!finish.bias) return;
    require(finish.bias->shape() == Shape{channels}, "{}: bias must be [{}]; got {}", operation, channels,
            finish.bias->shape());
    require_same_dtype(operation, operand.value(), finish.bias->value());
}

Variable record_finished(const Variable& y, const Finish& finish, std::vector<Edge> edges, const char* operation) {
    if (!Tape::recording() || (!finish.bias && finish.slope == 1.0)) return record(y, std::move(edges), {}, operation);
    const Variable without_value;
    Variable r = record(without_value, std::move(edges), {}, operation);
    if (finish.bias) {
        const auto to_bias = [shape = finish.bias->shape()](const Variable& g) { return sum_to(g, shape); };
        r = record(Variable(), {{r, [](const Variable& g) { return g; }}, {*finish.bias, to_bias}}, {}, operation);
    }
    return record(
        y,
        {{r, [y, slope = finish.slope](Variable g) { return slope == 1.0 ? g : rectified(std::move(g), y, slope); }}},
        {}, operation);
}

}  // namespace adjoint
