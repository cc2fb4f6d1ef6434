#include "train/evaluation/statistics.h"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>
#include <numeric>

#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {
namespace {

// Turns the plane of axes p and q so that a[p, q] becomes 0.
void rotate(std::vector<double>& a, std::vector<double>& vectors, std::size_t n, std::size_t p, std::size_t q) {
    const double theta = (a[q * n + q] - a[p * n + p]) / (2.0 * a[p * n + q]);
    const double t = std::copysign(1.0, theta) / (std::abs(theta) + std::hypot(theta, 1.0));
    const double c = 1.0 / std::hypot(t, 1.0), s = t * c;
    const auto turn = [c, s](double& x, double& y) {
        const double turned = c * x - s * y;
        y = s * x + c * y;
        x = turned;
    };
    for (std::size_t k = 0; k < n; ++k) turn(a[k * n + p], a[k * n + q]);
    for (std::size_t k = 0; k < n; ++k) turn(a[p * n + k], a[q * n + k]);
    for (std::size_t k = 0; k < n; ++k) turn(vectors[k * n + p], vectors[k * n + q]);
}

// Makes `a` the diagonal matrix d of a = v·d·vᵀ by Jacobi's rotations, until what lies off the diagonal is rounding,
// and returns v. All are row-major.
std::vector<double> diagonalize(std::vector<double>& a, std::size_t n) {
    constexpr int most_sweeps = 50;
    std::vector<double> vectors(n * n);
    const double size = std::inner_product(a.begin(), a.end(), a.begin(), 0.0);
    for (std::size_t k = 0; k < n; ++k) vectors[k * n + k] = 1.0;
    for (int sweep = 0; sweep < most_sweeps; ++sweep) {
        double off_diagonal = 0.0;
        for (std::size_t p = 0; p < n; ++p) {
            for (std::size_t q = p + 1; q < n; ++q) {
                off_diagonal += a[p * n + q] * a[p * n + q];
                if (a[p * n + q] != 0.0) rotate(a, vectors, n, p, q);
            }
        }
        if (off_diagonal <= 1e-30 * size) break;
    }
    return vectors;
}

Tensor doubles(const Shape& shape, const std::vector<double>& elements) {
    return Tensor(shape, elements, DType::float64);
}

double trace(const Tensor& a) {
    double total = 0.0;
    for (Index k = 0; k < a.extent(0); ++k) total += a[k * a.extent(0) + k];
    return total;
}

// Calls visit(i, ‖aᵢ − bⱼ‖² for all j) for each row of a, some rows at a time.
void for_squared_distances(const Tensor& a, const Tensor& b, auto visit) {
    constexpr Index at_once = 250;
    const Variable y = b.cast(DType::float64), y_norms = reshape(sum(square(y), {1}), {1, -1});
    for (Index first = 0; first < a.extent(0); first += at_once) {
        const Index end = std::min(first + at_once, a.extent(0));
        const Variable x = slice(a.cast(DType::float64), {.axis = 0, .begin = first, .end = end});
        const Variable products = matmul(x, y, {.transpose_b = true});
        std::vector<double> distances = (sum(square(x), {1}, Keep::yes) + y_norms - 2.0 * products).value().to_vector();
        for (Index i = first; i < end; ++i) {
            visit(static_cast<std::size_t>(i),
                  std::span(distances).subspan(static_cast<std::size_t>((i - first) * b.extent(0)),
                                               static_cast<std::size_t>(b.extent(0))));
        }
    }
}

}  // namespace

MeanAndError mean_and_error(std::span<const double> x) {
    require(!x.empty(), "mean_and_error: there must be a value; got none");
    const double count = static_cast<double>(x.size());
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / count;
    double squares = 0.0;
    for (const double value : x) squares += (value - mean) * (value - mean);
    return {.mean = mean, .error = std::sqrt(squares / (count - 1.0) / count)};
}

Moments moments(const Tensor& x) {
    require(x.rank() == 2 && x.extent(0) >= 2, "moments: points must be [N, n] with N at least 2; got {}", x.shape());
    const Variable points = x.cast(DType::float64), centre = mean(points, {0}), apart = points - centre;
    const double count = static_cast<double>(x.extent(0) - 1);
    return {centre.value(), (matmul(apart, apart, {.transpose_a = true}) / count).value()};
}

Tensor symmetric_square_root(const Tensor& a) {
    require(a.rank() == 2 && a.extent(0) == a.extent(1), "symmetric_square_root: the matrix must be square; got {}",
            a.shape());
    const Index n = a.extent(0);
    std::vector<double> diagonal = a.to_vector(), roots;
    const Variable vectors = doubles({n, n}, diagonalize(diagonal, static_cast<std::size_t>(n)));
    for (std::size_t k = 0; k < diagonal.size(); k += static_cast<std::size_t>(n) + 1) {
        roots.push_back(std::sqrt(std::max(diagonal[k], 0.0)));
    }
    return matmul(vectors * doubles({n}, roots), vectors, {.transpose_b = true}).value();
}

double frechet_distance(const Moments& a, const Moments& b) {
    require(a.mean.shape() == b.mean.shape(), "frechet_distance: both must have as many dimensions; got {} and {}",
            a.mean.shape(), b.mean.shape());
    const Variable shift = Variable(a.mean) - b.mean, root = symmetric_square_root(a.covariance);
    const Variable product = matmul(matmul(root, b.covariance), root);
    const Variable symmetric = (product + transpose(product)) / 2.0;
    return sum(shift * shift).item() + trace(a.covariance) + trace(b.covariance) -
           2.0 * trace(symmetric_square_root(symmetric.value()));
}

Neighbourhoods neighbourhoods(const Tensor& points, Index k) {
    require(points.rank() == 2 && points.extent(0) > k && k >= 1,
            "neighbourhoods: there must be more than {} points [N, n]; got {}", k, points.shape());
    std::vector<double> squared_radii(static_cast<std::size_t>(points.extent(0)));
    for_squared_distances(points, points, [&](std::size_t i, std::span<double> distances) {
        std::nth_element(distances.begin(), distances.begin() + k, distances.end());  // the nearest is the point itself
        squared_radii[i] = distances[static_cast<std::size_t>(k)];
    });
    return {points, squared_radii};
}

PrecisionAndRecall precision_and_recall(const Neighbourhoods& drawn, const Neighbourhoods& real) {
    require(drawn.points.extent(1) == real.points.extent(1),
            "precision_and_recall: both must have as many dimensions; got {} and {}", drawn.points.shape(),
            real.points.shape());
    std::vector<bool> drawn_is_real(drawn.squared_radii.size(), false), real_is_drawn(real.squared_radii.size(), false);
    for_squared_distances(drawn.points, real.points, [&](std::size_t i, std::span<double> distances) {
        for (std::size_t j = 0; j < distances.size(); ++j) {
            if (distances[j] <= real.squared_radii[j]) drawn_is_real[i] = true;
            if (distances[j] <= drawn.squared_radii[i]) real_is_drawn[j] = true;
        }
    });
    const auto share = [](const std::vector<bool>& x) {
        return static_cast<double>(std::ranges::count(x, true)) / static_cast<double>(x.size());
    };
    return {.precision = share(drawn_is_real), .recall = share(real_is_drawn)};
}

}  // namespace adjoint
