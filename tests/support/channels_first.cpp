#include "tests/support/channels_first.h"

namespace adjoint::channels_first {
namespace {

Index at(const Tensor& t, Index a, Index b, Index c, Index d) {
    return ((a * t.extent(1) + b) * t.extent(2) + c) * t.extent(3) + d;
}

bool inside(Index row, Index column, Index height, Index width) {
    return row >= 0 && row < height && column >= 0 && column < width;
}

// Calls visit(k, l, row, column) for each tap of a filter laid at (i, j).
template <class Visit>
void for_taps(const Tensor& w, const Sizes& sizes, Index i, Index j, Visit visit) {
    for (Index k = 0; k < w.extent(2); ++k) {
        for (Index l = 0; l < w.extent(3); ++l) {
            visit(k, l, i * sizes.stride.height + k * sizes.dilation.height - sizes.padding.top,
                  j * sizes.stride.width + l * sizes.dilation.width - sizes.padding.left);
        }
    }
}

}  // namespace

Tensor conv(const Tensor& x, const Tensor& w, const std::vector<double>& b, const Sizes& sizes, const Size2D& output) {
    const Index out = w.extent(0), group_in = w.extent(1), group_out = out / sizes.groups;
    std::vector<double> y;
    for (Index n = 0; n < x.extent(0); ++n)
        for (Index o = 0; o < out; ++o)
            for (Index i = 0; i < output.height; ++i)
                for (Index j = 0; j < output.width; ++j) {
                    double sum = b.empty() ? 0.0 : b[static_cast<std::size_t>(o)];
                    for (Index c = 0; c < group_in; ++c)
                        for_taps(w, sizes, i, j, [&](Index k, Index l, Index row, Index column) {
                            if (!inside(row, column, x.extent(2), x.extent(3))) return;
                            sum += x[at(x, n, o / group_out * group_in + c, row, column)] * w[at(w, o, c, k, l)];
                        });
                    y.push_back(sum);
                }
    return Tensor({x.extent(0), out, output.height, output.width}, y, DType::float64);
}

Tensor conv_transpose(const Tensor& x, const Tensor& w, const std::vector<double>& b, const Sizes& sizes,
                      const Size2D& output) {
    const Index in = w.extent(0), group_out = w.extent(1), group_in = in / sizes.groups;
    const Shape shape{x.extent(0), group_out * sizes.groups, output.height, output.width};
    const Tensor zeros = Tensor::zeros(shape);
    std::vector<double> y(static_cast<std::size_t>(zeros.size()), 0.0);
    for (Index i = 0; !b.empty() && i < zeros.size(); ++i) {
        y[static_cast<std::size_t>(i)] = b[static_cast<std::size_t>(i / (shape[2] * shape[3]) % shape[1])];
    }
    for (Index n = 0; n < x.extent(0); ++n)
        for (Index c = 0; c < in; ++c)
            for (Index o = 0; o < group_out; ++o)
                for (Index i = 0; i < x.extent(2); ++i)
                    for (Index j = 0; j < x.extent(3); ++j)
                        for_taps(w, sizes, i, j, [&](Index k, Index l, Index row, Index column) {
                            if (!inside(row, column, shape[2], shape[3])) return;
                            const Index to = at(zeros, n, c / group_in * group_out + o, row, column);
                            y[static_cast<std::size_t>(to)] += x[at(x, n, c, i, j)] * w[at(w, c, o, k, l)];
                        });
    return Tensor(shape, y, DType::float64);
}

}  // namespace adjoint::channels_first
