// Convolution by its definition: each of the three operations is one product of matrices.
//
//   y = P(x)·W        conv2d                   gather the patches, multiply
//   x = Pᵀ(y·Wᵀ)      conv2d_input_gradient    multiply, scatter the patches
//   w = P(x)ᵀ·y       conv2d_weight_gradient   gather the patches, multiply
//
// P(x) has a row for each output pixel (i, j), and in it the numbers x[i·s + k·d − p, j·s + l·d − p, c] that the
// filters see from there, a column for each (k, l, c), 0 outside the image. Gathering (im2col) copies them out of x;
// scattering (col2im), which is Pᵀ, adds each to the place in x that it would be copied from. The other two are
// matrices as they lie in memory: the filters w [K, L, C, O] are W [K·L·C, O], an output y [H′, W′, O] is [H′·W′, O].
// With groups each has its own channels of x, and its own columns of W and y.
//
// direct_convolution.h computes the same faster. ADJOINT_CONVOLUTION=reference runs the whole program on this page.
#pragma once

#include <algorithm>

#include "framework/convolution/epilogue.h"
#include "framework/convolution/im2col_loops.h"
#include "framework/tensor/batch_blocks.h"
#include "framework/tensor/buffer_pool.h"
#include "framework/tensor/gemm.h"

namespace adjoint::reference {

/// P(x), W and y as matrices: one group's part of one image.
template <Scalar T>
struct Matrices {
    const Conv2DForm& form;
    Index n, group;
    Index pixels = form.height.output * form.width.output;
    Scratch<T> patches = Scratch<T>(pixels * form.columns());

    void gather(const T* x) const { gather_patches(form, group, n * pixels, (n + 1) * pixels, x, patches.data()); }
    void scatter(T* x) const { scatter_patches(form, group, n * pixels, (n + 1) * pixels, patches.data(), x); }

    Matrix<T> P() const { return {patches.data(), pixels, form.columns()}; }
    template <class Number>
    Matrix<Number> W(Number* w) const {
        return {w + group * form.group_filters(), form.columns(), form.group_filters(), form.filters};
    }
    template <class Number>
    Matrix<Number> Y(Number* y) const {
        Number* const first = y + n * pixels * form.filters + group * form.group_filters();
        return {first, pixels, form.group_filters(), form.filters};
    }
};

template <Scalar T>
void conv2d(const T* x, const T* w, T* y, const Conv2DForm& form, const Epilogue<const T*>& epilogue) {
    parallel_for(form.batch * form.groups, [&](Index i) {
        const Matrices<T> of{.form = form, .n = i / form.groups, .group = i % form.groups};
        of.gather(x);
        gemm<T>(of.P(), of.W(w), of.Y(y));
    });
    for (Index e = 0; e < form.rows() * form.filters; ++e) y[e] = finish(y[e], epilogue, e % form.filters);
}

template <Scalar T>
void conv2d_input_gradient(const T* y, const T* w, T* x, const Conv2DForm& form, const Epilogue<const T*>& epilogue) {
    const Index size = element_count(form.image_shape());
    std::fill_n(x, size, T{0});
    parallel_for(form.batch * form.groups, [&](Index i) {
        const Matrices<T> of{.form = form, .n = i / form.groups, .group = i % form.groups};
        gemm<T>(of.Y(y), of.W(w).transpose(), of.P());
        of.scatter(x);
    });
    for (Index e = 0; e < size; ++e) x[e] = finish(x[e], epilogue, e % form.channels);
}

template <Scalar T>
void conv2d_weight_gradient(const T* x, const T* y, T* w, const Conv2DForm& form, const BatchBlocks& blocks) {
    const Index size = element_count(form.weight_shape());
    const Scratch<T> sums(blocks.count() * size);
    std::fill_n(sums.data(), blocks.count() * size, T{0});
    parallel_for(blocks.count() * form.groups, [&](Index piece) {
        const Index b = piece / form.groups;
        for (Index n = blocks.begin(b); n < blocks.begin(b + 1); ++n) {
            const Matrices<T> of{.form = form, .n = n, .group = piece % form.groups};
            of.gather(x);
            gemm<T>(of.P().transpose(), of.Y(y), of.W(sums.data() + b * size), Accumulate::yes);
        }
    });
    combine_blocks(blocks, sums.data(), size, std::plus<>{}, w);
}

}  // namespace adjoint::reference
