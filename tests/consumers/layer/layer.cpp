// Layer: one of a user's own, y = x·sigmoid(βx) with a β for each channel, its gradient and the check of it.
#include <adjoint/adjoint.h>
#include <fmt/ranges.h>

using namespace adjoint;

class Swish : public Module {
  public:
    explicit Swish(Index channels) : beta(parameter("beta", Tensor::ones({channels}))) {}
    Variable forward(const Variable& x) const override { return x * sigmoid(beta * x); }

    Parameter beta;
};

int main() {
    Swish swish(3);
    const Variable x = Tensor({1, 3}, {-1.0, 0.0, 2.0});
    Tape tape({x});
    const Variable y = sum(swish(x));
    fmt::print("gradient {:.4f}\n", fmt::join(tape.gradient(y)[0].value().to_vector(), ", "));

    const GradientCheckReport report = gradient_check(swish, Random(1).normal({2, 4, 3}), {.order = 2});
    fmt::print("{}", report.passed() ? "right to second order\n" : report.text());
    return report.passed() ? 0 : 1;
}
