#include "framework/ops/matmul.h"

#include <algorithm>
#include <fmt/ranges.h>

#include "framework/kernels/direct_convolution.h"
#include "framework/ops/convolution.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/gemm.h"
#include "framework/tensor/observer.h"
#include "framework/tensor/parallel.h"
#include "framework/tensor/precision.h"

namespace adjoint {
namespace {

// Cuts the larger side of c into bands of whole cache-friendly widths and multiplies them in parallel.
template <class T>
void banded_gemm(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c) {
    constexpr Index narrowest = 48, most = 16;
    const Index longer = std::max(c.rows, c.columns);
    const Index band = std::max(ceil_divide(longer, most), narrowest);
    const auto skip = [](const auto& matrix, Index rows, Index columns) {
        return matrix.data + (matrix.transposed ? columns * matrix.stride + rows : rows * matrix.stride + columns);
    };
    parallel_ranges(longer, band, [&](Index begin, Index end) {
        Matrix<const T> a_band = a, b_band = b;
        Matrix<T> c_band = c;
        if (c.rows >= c.columns) {
            a_band.data = skip(a, begin, 0);
            c_band.data = skip(c, begin, 0);
            a_band.rows = c_band.rows = end - begin;
        } else {
            b_band.data = skip(b, 0, begin);
            c_band.data = skip(c, 0, begin);
            b_band.columns = c_band.columns = end - begin;
        }
        gemm(a_band, b_band, c_band);
    });
}

// One matrix product: of rows of a, each with the same bits whatever other rows there are; where a is transposed, a sum
// over the rows of both, in blocks of the batch that they are. That is a convolution of images of one pixel, whose
// three operations are these three products.
Tensor product(const Tensor& a, const Tensor& b, Index m, Index n, Index k, const MatmulOptions& options) {
    constexpr ConvAxis one = {.image = 1, .kernel = 1, .stride = 1, .dilation = 1, .output = 1};
    const auto form = [&](Index batch, Index channels, Index filters) {
        return Conv2DForm{
            .batch = batch, .channels = channels, .filters = filters, .groups = 1, .height = one, .width = one};
    };
    const BatchBlocks blocks(a.batch() > 0 ? a : b);
    const Precision precision = PrecisionScope::here();
    return Tensor::build(Shape{m, n}, a.dtype(), [&]<Scalar T>(std::span<T> out) {
        const T *const left = a.data<T>().data(), *const right = b.data<T>().data();
        if (options.transpose_a) {
            direct::conv2d_weight_gradient(left, right, out.data(), form(k, m, n), blocks, precision);
        } else if (options.transpose_b) {
            direct::sum_pixels<T>(left, right, out.data(), form(m, n, k), direct::Side::image, {}, precision);
        } else {
            direct::sum_pixels<T>(left, right, out.data(), form(m, k, n), direct::Side::output, {}, precision);
        }
    });
}

bool leading_axes_broadcast(const Shape& a, const Shape& b) {
    const std::ptrdiff_t common = std::ssize(a.size() < b.size() ? a : b) - 2;
    return std::equal(a.rbegin() + 2, a.rbegin() + 2 + common, b.rbegin() + 2,
                      [](Index p, Index q) { return p == q || p == 1 || q == 1; });
}

// The matrices of x for each element of these leading axes.
Variable repeated(const Variable& x, Shape leading) {
    leading.insert(leading.end(), x.shape().end() - 2, x.shape().end());
    return broadcast_to(x, leading);
}

}  // namespace

Variable matmul(const Variable& a, const Variable& b, MatmulOptions options) {
    require_same_dtype("matmul", a.value(), b.value());
    require(a.rank() >= 2 && b.rank() >= 2 && leading_axes_broadcast(a.shape(), b.shape()),
            "matmul: operands must be matrices whose leading axes broadcast; got {} and {}", a.shape(), b.shape());
    const bool ta = options.transpose_a, tb = options.transpose_b;
    const Index m = a.extent(ta ? -1 : -2), k = a.extent(ta ? -2 : -1);
    const Index n = b.extent(tb ? -2 : -1);
    require(b.extent(tb ? -1 : -2) == k, "matmul: inner extents differ; got {}{} and {}{}", a.shape(),
            ta ? " transposed" : "", b.shape(), tb ? " transposed" : "");

    Shape shape(a.shape().begin(), a.shape().end() - 2);
    const Shape b_leading(b.shape().begin(), b.shape().end() - 2);
    const Index batch = element_count(shape);
    const Index pixels = shape.empty() ? 0 : element_count(Shape(shape.begin() + 1, shape.end())) * m;
    if (b_leading.empty() && !ta && pixels * n * k > 0) {  // one product, of all pixels of images
        const Variable filters = reshape(tb ? transpose(b) : b, {1, 1, k, n});
        const Variable y = conv2d(reshape(a, {shape[0], pixels, 1, k}), filters);
        shape.insert(shape.end(), {m, n});
        return reshape(y, shape);
    }
    if (shape != b_leading) {
        const Shape leading = broadcast("matmul", shape, b_leading);
        return matmul(repeated(a, leading), repeated(b, leading), options);
    }
    const ProfileScope scope("matmul", 2.0 * static_cast<double>(batch * m) * static_cast<double>(n * k));
    const std::vector<Edge> edges = {
        {a,
         [=](const Variable& g) {
             return ta ? matmul(b, g, {.transpose_a = tb, .transpose_b = true}) : matmul(g, b, {.transpose_b = !tb});
         }},
        {b, [=](const Variable& g) {
             return tb ? matmul(g, a, {.transpose_a = true, .transpose_b = ta}) : matmul(a, g, {.transpose_a = !ta});
         }}};
    if (shape.empty()) {
        if (ta && tb) return matmul(transpose(a), b, {.transpose_b = true});
        const Tensor y = product(a.value(), b.value(), m, n, k, options);
        return record(ta && a.value().batch() + b.value().batch() > 0 ? y.with_batch(Tensor::undivided) : y, edges,
                      {{"options", options}});
    }
    shape.insert(shape.end(), {m, n});
    const Tensor left = as_factor(a.value()), right = as_factor(b.value());
    const Tensor y = Tensor::build(shape, a.dtype(), [&]<Scalar T>(std::span<T> out) {
        for (Index i = 0; i < batch; ++i) {
            const Matrix<const T> l{left.data<T>().data() + i * m * k, m, k, ta ? m : k, ta};
            const Matrix<const T> r{right.data<T>().data() + i * k * n, k, n, tb ? k : n, tb};
            banded_gemm<T>(l, r, {out.data() + i * m * n, m, n});
        }
    });
    return record(y, edges, {{"options", options}});
}

}  // namespace adjoint
