#include "framework/ops/im2col.h"

#include "framework/kernels/im2col_loops.h"
#include "framework/kernels/loops.h"

namespace adjoint {
namespace {

// The patch matrix of all channels together.
Conv2DForm ungrouped(Conv2DForm form) {
    form.groups = 1;
    return form;
}

Shape patches_shape(const Conv2DForm& form) {
    return {form.batch, form.height.output, form.width.output, form.height.kernel, form.width.kernel, form.channels};
}

}  // namespace

Variable patches(const Variable& x, const Conv2DForm& form) {
    require(x.shape() == form.image_shape(), "patches: the form expects images {}; got {}", form.image_shape(),
            x.shape());
    const ProfileScope scope("patches");
    const Conv2DForm whole = ungrouped(form);
    const Tensor p = dispatch(x.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(patches_shape(form), [&](std::span<T> out) {
            const T* const in = x.value().data<T>().data();
            const Index rows_a_piece = std::max<Index>(1, elementwise_grain / whole.columns());
            parallel_ranges(whole.rows(), rows_a_piece, [&](Index begin, Index end) {
                gather_patches(whole, 0, begin, end, in, out.data() + begin * whole.columns());
            });
        });
    });
    return record(p, {{x, [form](const Variable& g) { return sum_patches(g, form); }}});
}

Variable sum_patches(const Variable& p, const Conv2DForm& form) {
    require(p.shape() == patches_shape(form), "sum_patches: the form expects patches {}; got {}", patches_shape(form),
            p.shape());
    const ProfileScope scope("patches");
    const Conv2DForm whole = ungrouped(form);
    const Tensor x = dispatch(p.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(form.image_shape(), [&](std::span<T> out) {
            const T* const in = p.value().data<T>().data();
            const Index pixels = form.height.image * form.width.image * form.channels;
            const Index rows = form.height.output * form.width.output;
            // Patches overlap within an image: one thread adds them, in their order.
            parallel_for(form.batch, [&](Index n) {
                std::fill_n(out.data() + n * pixels, pixels, T{0});
                scatter_patches(whole, 0, n * rows, (n + 1) * rows, in + n * rows * whole.columns(), out.data());
            });
        });
    });
    return record(x, {{p, [form](const Variable& g) { return patches(g, form); }}});
}

}  // namespace adjoint
