// The patch matrix is never made whole: a tile of its rows is gathered (or multiplied, then scattered) while it is in
// cache. Tiles are cut by the form alone, and each part of a result is written by one of them, so the number of
// threads, which take whole tiles, changes no bit.
#include "framework/convolution_kernels.h"

#include <algorithm>
#include <memory>

#include "framework/buffer_pool.h"
#include "framework/gemm.h"
#include "framework/kernels.h"
#include "framework/parallel.h"
#include "framework/patches.h"

namespace adjoint {
namespace {

// Patches and outputs of a tile. Smaller tiles lie nearer to the processor, larger ones have OpenBLAS pack W less often:
// of 200, 400 and 800 thousand this was the fastest for the DCGAN and no slower for the autoencoder.
constexpr Index tile_elements = 400'000;
constexpr Index fewest_tiles = 8;  // enough that threads finish together

// Rows of P(x) a tile: as many as the cache holds, fewer where there would be too few tiles to share out.
Index rows_a_tile(const Conv2DForm& form) {
    const Index cached = tile_elements / (form.columns() + form.group_filters());
    const Index shared = (form.rows() + fewest_tiles - 1) / fewest_tiles;
    return std::max<Index>(16, std::min(cached, shared));
}

// Whether P(x) is x itself: filters of one tap on every pixel.
bool patches_are_pixels(const Conv2DForm& form) {
    const auto pixelwise = [](const ConvAxis& axis) {
        return axis.kernel == 1 && axis.stride == 1 && axis.before == 0 && axis.output == axis.image;
    };
    return pixelwise(form.height) && pixelwise(form.width);
}

// A multiplication and an addition for each patch entry and filter of each group.
double flops(const Conv2DForm& form) {
    return 2.0 * static_cast<double>(form.rows()) * static_cast<double>(form.columns() * form.filters);
}

template <class T>
class Scratch {
  public:
    explicit Scratch(Index size) : buffer_(allocate_buffer(static_cast<std::size_t>(size) * sizeof(T))) {}
    T* data() const { return static_cast<T*>(buffer_.get()); }

  private:
    std::shared_ptr<void> buffer_;
};

// One group of the form's tensors as matrices; rows [begin, end) where there is a row for each output pixel.
template <class T>
struct GroupMatrices {
    const Conv2DForm& form;
    Index group;

    Matrix<T> weight(T* w) const {
        return {w + group * form.group_filters(), form.columns(), form.group_filters(), form.filters};
    }
    Matrix<T> output(T* y, Index begin, Index end) const {
        return {y + begin * form.filters + group * form.group_filters(), end - begin, form.group_filters(),
                form.filters};
    }
    Matrix<T> pixels(T* x, Index begin, Index end) const {
        return {x + begin * form.channels + group * form.group_channels(), end - begin, form.group_channels(),
                form.channels};
    }
    Matrix<T> patches(T* scratch, Index begin, Index end) const { return {scratch, end - begin, form.columns()}; }
};

// Rows [begin, end) of P(x) for one group: gathered into scratch, or x itself.
template <class T>
Matrix<const T> patches_of(const T* x, const Conv2DForm& form, Index group, Index begin, Index end, T* scratch) {
    const GroupMatrices<const T> matrices{form, group};
    if (patches_are_pixels(form)) return matrices.pixels(x, begin, end);
    gather_patches(form, group, begin, end, x, scratch);
    return matrices.patches(scratch, begin, end);
}

// The epilogue on some rows of a result; `channel` is that of their first column.
template <class T>
void finish(const Epilogue& epilogue, const Matrix<T>& result, Index channel) {
    const T slope(epilogue.slope);
    const auto rectify = [slope](T r) { return r > 0 ? r : slope == 0 && r == r ? T{0} : slope * r; };
    const bool contiguous = result.stride == result.columns;
    const Index rows = contiguous && epilogue.bias == nullptr ? 1 : result.rows;
    const Index columns = result.rows * result.columns / std::max<Index>(1, rows);
    for (Index i = 0; i < rows; ++i) {
        T* const row = result.data + i * result.stride;
        if (epilogue.bias != nullptr) {
            const T* const bias = epilogue.bias->data<T>().data() + channel;
            zip_elements(row, 1, bias, 1, row, columns, [rectify](T r, T b) { return rectify(r + b); });
        } else if (epilogue.slope != 1.0) {
            map_elements(row, row, columns, rectify);
        }
    }
}

template <Scalar T>
void convolve(const T* x, const T* w, T* y, const Conv2DForm& form, const Epilogue& epilogue) {
    const Index tile = rows_a_tile(form), tiles = (form.rows() + tile - 1) / tile;
    parallel_for(tiles * form.groups, [&](Index piece) {
        const Index group = piece % form.groups;
        const Index begin = piece / form.groups * tile, end = std::min(begin + tile, form.rows());
        const Scratch<T> scratch((end - begin) * form.columns());
        const Matrix<T> output = GroupMatrices<T>{form, group}.output(y, begin, end);
        gemm(patches_of(x, form, group, begin, end, scratch.data()), GroupMatrices<const T>{form, group}.weight(w),
             output);
        finish(epilogue, output, group * form.group_filters());
    });
}

template <Scalar T>
void convolve_transposed(const T* y, const T* w, T* x, const Conv2DForm& form, const Epilogue& epilogue) {
    // Tiles whose patches overlap are scattered by one thread in order: a piece is some whole images, and their tiles.
    const Index rows_an_image = form.height.output * form.width.output;
    const Index pixels_an_image = form.height.image * form.width.image;
    const Index tile = rows_a_tile(form);
    const Index shared = (form.batch + fewest_tiles - 1) / fewest_tiles;
    const Index images_a_piece = std::max<Index>(1, std::min(tile / rows_an_image, shared));
    parallel_ranges(form.batch, images_a_piece, [&](Index first, Index last) {
        const Index rows_end = last * rows_an_image;
        const bool direct = patches_are_pixels(form);
        if (!direct)
            std::fill(x + first * pixels_an_image * form.channels, x + last * pixels_an_image * form.channels, T{0});
        const Scratch<T> scratch(std::min(tile, rows_end - first * rows_an_image) * form.columns());
        for (Index group = 0; group < form.groups; ++group) {
            const Matrix<const T> weight = GroupMatrices<const T>{form, group}.weight(w).transpose();
            for (Index begin = first * rows_an_image; begin < rows_end; begin += tile) {
                const Index end = std::min(begin + tile, rows_end);
                const Matrix<const T> output = GroupMatrices<const T>{form, group}.output(y, begin, end);
                const GroupMatrices<T> matrices{form, group};
                gemm(output, weight,
                     direct ? matrices.pixels(x, begin, end) : matrices.patches(scratch.data(), begin, end));
                if (!direct) scatter_patches(form, group, begin, end, scratch.data(), x);
            }
        }
        finish<T>(epilogue,
                  {x + first * pixels_an_image * form.channels, (last - first) * pixels_an_image, form.channels}, 0);
    });
}

template <Scalar T>
void correlate_patches(const T* x, const T* y, T* w, const Conv2DForm& form) {
    // A sum over the batch: its blocks are summed apart, each in the order of its tiles, and added as a fixed tree.
    const Index size = element_count(form.weight_shape());
    const Scratch<T> partial(batch_blocks * size);
    parallel_for(batch_blocks * form.groups, [&](Index piece) {
        const Index group = piece % form.groups, block = piece / form.groups;
        const Matrix<T> sum = GroupMatrices<T>{form, group}.weight(partial.data() + block * size);
        const Index first = block_begin(form.rows(), block), last = block_begin(form.rows(), block + 1);
        const Index tile = std::min(rows_a_tile(form), std::max<Index>(1, last - first));
        const Scratch<T> scratch(tile * form.columns());
        if (first == last) gemm<T>({x, sum.rows, 0}, {y, 0, sum.columns}, sum);  // an empty sum is 0
        for (Index begin = first; begin < last; begin += tile) {
            const Index end = std::min(begin + tile, last);
            gemm(patches_of(x, form, group, begin, end, scratch.data()).transpose(),
                 GroupMatrices<const T>{form, group}.output(y, begin, end), sum,
                 begin == first ? Accumulate::no : Accumulate::yes);
        }
    });
    combine_blocks(partial.data(), size, std::plus<>{}, w);
}

}  // namespace

Tensor convolve(const Tensor& x, const Tensor& w, const Conv2DForm& form, const Epilogue& epilogue) {
    const Timed timed("conv2d", flops(form));
    require_same_dtype("conv2d", x, w);
    return dispatch(x.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(form.output_shape(), [&](std::span<T> y) {
            convolve(x.data<T>().data(), w.data<T>().data(), y.data(), form, epilogue);
        });
    });
}

Tensor convolve_transposed(const Tensor& y, const Tensor& w, const Conv2DForm& form, const Epilogue& epilogue) {
    const Timed timed("conv2d_input_gradient", flops(form));
    require_same_dtype("conv2d_input_gradient", y, w);
    return dispatch(y.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(form.image_shape(), [&](std::span<T> x) {
            convolve_transposed(y.data<T>().data(), w.data<T>().data(), x.data(), form, epilogue);
        });
    });
}

Tensor correlate_patches(const Tensor& x, const Tensor& y, const Conv2DForm& form) {
    const Timed timed("conv2d_weight_gradient", flops(form));
    require_same_dtype("conv2d_weight_gradient", x, y);
    return dispatch(x.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(form.weight_shape(), [&](std::span<T> w) {
            correlate_patches(x.data<T>().data(), y.data<T>().data(), w.data(), form);
        });
    });
}

}  // namespace adjoint
