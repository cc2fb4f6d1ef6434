#include "framework/analysis/derivatives.h"

#include <fmt/ranges.h>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {
namespace {

Variable unit_vector(const Variable& like, Index element) {
    std::vector<double> elements(static_cast<std::size_t>(like.size()), 0.0);
    elements[static_cast<std::size_t>(element)] = 1.0;
    return Tensor(like.shape(), elements, like.dtype());
}

// The same values as variables that nothing else depends on: u may be x itself.
std::vector<Variable> copies(const std::vector<Variable>& x) {
    std::vector<Variable> result;
    for (const Variable& each : x) {
        result.push_back(record(each.value(), {{each, [](const Variable& g) { return g; }}}));
    }
    return result;
}

}  // namespace

Variable inner_product(const std::vector<Variable>& a, const std::vector<Variable>& b) {
    require(a.size() == b.size() && !a.empty(), "inner_product: both lists must be equally long; got {} and {} tensors",
            a.size(), b.size());
    Variable total;
    for (std::size_t i = 0; i < a.size(); ++i) {
        require(a[i].shape() == b[i].shape(), "inner_product: shapes differ; got {} and {}", a[i].shape(),
                b[i].shape());
        total = i == 0 ? sum(a[i] * b[i]) : total + sum(a[i] * b[i]);
    }
    return total;
}

std::vector<Variable> vjp(const DifferentiableFunction& f, const std::vector<Variable>& x, const Variable& v) {
    Tape tape(x);
    return tape.gradient(f(x), v, Unconnected::zero);
}

Variable jvp(const DifferentiableFunction& f, const std::vector<Variable>& x, const std::vector<Variable>& u) {
    Tape forward(x);
    const Variable y = f(x);
    const Variable v = Tensor::zeros(y.shape(), y.dtype());
    Tape backward({v});  // records the other's sweep
    const Variable product = inner_product(forward.gradient(y, v, Unconnected::zero), u);
    return backward.gradient(product, Unconnected::zero).front();
}

std::vector<Variable> hvp(const DifferentiableFunction& f, const std::vector<Variable>& x,
                          const std::vector<Variable>& u) {
    const std::vector<Variable> at = copies(x);
    Tape outer(at);
    Tape inner(at);
    const Variable product = inner_product(inner.gradient(f(at), Unconnected::zero), u);
    return outer.gradient(product, Unconnected::zero);
}

std::vector<Variable> jacobian(const DifferentiableFunction& f, const std::vector<Variable>& x) {
    const Variable y = f(x);
    std::vector<std::vector<Variable>> rows(x.size());
    for (Index element = 0; element < y.size(); ++element) {
        const std::vector<Variable> row = vjp(f, x, unit_vector(y, element));
        for (std::size_t i = 0; i < x.size(); ++i) rows[i].push_back(reshape(row[i], {1, x[i].size()}));
    }
    std::vector<Variable> result;
    for (std::size_t i = 0; i < x.size(); ++i) {
        Shape shape = y.shape();
        shape.insert(shape.end(), x[i].shape().begin(), x[i].shape().end());
        result.push_back(rows[i].empty() ? Tensor::zeros(shape, y.dtype()) : reshape(concatenate(rows[i], 0), shape));
    }
    return result;
}

}  // namespace adjoint
