#include "tests/support/trilinear_form.h"

namespace adjoint::literal {

void for_each_term(const Conv2DForm& form, const std::function<void(Index, Index, Index)>& term) {
    const ConvAxis &v = form.height, &u = form.width;
    for (Index n = 0; n < form.batch; ++n)
        for (Index i = 0; i < v.output; ++i)
            for (Index j = 0; j < u.output; ++j)
                for (Index k = 0; k < v.kernel; ++k)
                    for (Index l = 0; l < u.kernel; ++l)
                        for (Index c = 0; c < form.channels / form.groups; ++c)
                            for (Index o = 0; o < form.filters; ++o) {
                                const Index row = i * v.stride + k * v.dilation - v.pad_before;
                                const Index column = j * u.stride + l * u.dilation - u.pad_before;
                                if (row < 0 || row >= v.image || column < 0 || column >= u.image) continue;
                                const Index group = o / (form.filters / form.groups);
                                const Index channel = group * (form.channels / form.groups) + c;
                                term(((n * v.image + row) * u.image + column) * form.channels + channel,
                                     ((k * u.kernel + l) * (form.channels / form.groups) + c) * form.filters + o,
                                     ((n * v.output + i) * u.output + j) * form.filters + o);
                            }
}

double trilinear_form(const Tensor& x, const Tensor& w, const Tensor& y, const Conv2DForm& form) {
    const std::vector<double> xs = x.to_vector(), ws = w.to_vector(), ys = y.to_vector();
    double sum = 0.0;
    for_each_term(form, [&](Index p, Index q, Index r) { sum += xs[p] * ws[q] * ys[r]; });
    return sum;
}

Tensor conv2d(const Tensor& x, const Tensor& w, const Conv2DForm& form) {
    const std::vector<double> xs = x.to_vector(), ws = w.to_vector();
    std::vector<double> ys(element_count(form.output_shape()), 0.0);
    for_each_term(form, [&](Index p, Index q, Index r) { ys[r] += xs[p] * ws[q]; });
    return Tensor(form.output_shape(), ys, DType::float64);
}

Tensor conv2d_input_gradient(const Tensor& y, const Tensor& w, const Conv2DForm& form) {
    const std::vector<double> ys = y.to_vector(), ws = w.to_vector();
    std::vector<double> xs(element_count(form.image_shape()), 0.0);
    for_each_term(form, [&](Index p, Index q, Index r) { xs[p] += ws[q] * ys[r]; });
    return Tensor(form.image_shape(), xs, DType::float64);
}

Tensor conv2d_weight_gradient(const Tensor& x, const Tensor& y, const Conv2DForm& form) {
    const std::vector<double> xs = x.to_vector(), ys = y.to_vector();
    std::vector<double> ws(element_count(form.weight_shape()), 0.0);
    for_each_term(form, [&](Index p, Index q, Index r) { ws[q] += xs[p] * ys[r]; });
    return Tensor(form.weight_shape(), ws, DType::float64);
}

}  // namespace adjoint::literal
