#include "layers/initializers.h"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>
#include <numeric>
#include <utility>

#include "framework/ops/loops.h"
#include "framework/ops/shape_ops.h"

namespace adjoint::initializers {
namespace {

// Gram and Schmidt's orthonormalisation of `count` vectors of `length` elements, one after the other; done twice, which
// makes them orthogonal to machine precision.
void orthonormalize(std::vector<double>& vectors, Index count, Index length) {
    for (Index i = 0; i < count; ++i) {
        double* const v = &vectors[i * length];
        for (int pass = 0; pass < 2; ++pass) {
            for (Index j = 0; j < i; ++j) {
                const double* const u = &vectors[j * length];
                const double overlap = std::inner_product(u, u + length, v, 0.0);
                for (Index e = 0; e < length; ++e) v[e] -= overlap * u[e];
            }
        }
        const double norm = std::sqrt(std::inner_product(v, v + length, v, 0.0));
        for (Index e = 0; e < length; ++e) v[e] /= norm;
    }
}

Tensor scaled_normal(const Shape& shape, const Random& random, double deviation, double mean) {
    return map(random.normal(shape), [=](auto z) { return static_cast<decltype(z)>(mean + deviation * z); });
}

}  // namespace

Initializer he_normal() {
    return [](const Shape& shape, const Fans& fans, const Random& random) {
        return scaled_normal(shape, random, std::sqrt(2.0 / fans.in), 0.0);
    };
}

Initializer glorot_uniform() {
    return [](const Shape& shape, const Fans& fans, const Random& random) {
        const double limit = std::sqrt(6.0 / (fans.in + fans.out));
        return map(random.uniform(shape), [=](auto u) { return static_cast<decltype(u)>(limit * (2.0 * u - 1.0)); });
    };
}

Initializer normal(double deviation, double mean) {
    return [=](const Shape& shape, const Fans&, const Random& random) {
        return scaled_normal(shape, random, deviation, mean);
    };
}

Initializer orthogonal(double gain) {
    return [=](const Shape& shape, const Fans& fans, const Random& random) {
        require(shape.size() >= 2, "orthogonal: there must be two axes at least; got shape {}", shape);
        const Index all = shape.back(), rows = element_count(shape) / std::max<Index>(1, all);
        const Index columns = all / fans.groups, count = std::min(rows, columns), length = std::max(rows, columns);
        std::vector<double> elements(static_cast<std::size_t>(rows * all));
        for (Index group = 0; group < fans.groups; ++group) {
            const Index first = group * columns;
            const auto drawn = static_cast<std::uint64_t>(first * rows);
            std::vector<double> vectors = random.normal({count, length}, DType::float64, drawn).to_vector();
            orthonormalize(vectors, count, length);
            for (Index r = 0; r < rows; ++r) {
                for (Index c = 0; c < columns; ++c) {
                    elements[r * all + first + c] =
                        gain * (columns <= rows ? vectors[c * length + r] : vectors[r * length + c]);
                }
            }
        }
        return Tensor(shape, elements);
    };
}

Initializer bilinear() {
    return [](const Shape& shape, const Fans& fans, const Random&) {
        require(shape.size() == 4, "bilinear: filters must be [K, L, C, O]; got shape {}", shape);
        const auto tent = [](Index extent, Index tap) {
            const double reach = static_cast<double>((extent + 1) / 2);
            const double centre = extent % 2 == 1 ? reach - 1.0 : reach - 0.5;
            return 1.0 - std::abs(static_cast<double>(tap) - centre) / reach;
        };
        const Index K = shape[0], L = shape[1], C = shape[2], O = shape[3], group = O / fans.groups;
        std::vector<double> w(static_cast<std::size_t>(K * L * C * O), 0.0);
        for (Index k = 0; k < K; ++k) {
            for (Index l = 0; l < L; ++l) {
                for (Index o = 0; o < O; ++o) {
                    if (const Index c = o % group; c < C) w[((k * L + l) * C + c) * O + o] = tent(K, k) * tent(L, l);
                }
            }
        }
        return Tensor(shape, w);
    };
}

Initializer icnr(Index r, Initializer base) {
    return [=](const Shape& shape, const Fans& fans, const Random& random) {
        require(shape.size() == 4 && r >= 1 && shape[3] % (r * r) == 0,
                "icnr: filters must be [K, L, C, O] with O divisible by {}·{}; got shape {}", r, r, shape);
        require(fans.groups == 1, "icnr: there must be one group; got {}", fans.groups);
        const Index blocks = r * r;
        const Variable filters = base({shape[0], shape[1], shape[2], shape[3] / blocks},
                                      {.in = fans.in, .out = fans.out / static_cast<double>(blocks)}, random);
        return concatenate(std::vector<Variable>(static_cast<std::size_t>(blocks), filters), 3).value();
    };
}

Initializer constant(double value) {
    return [=](const Shape& shape, const Fans&, const Random&) { return Tensor::full(shape, value); };
}

}  // namespace adjoint::initializers
