#include "framework/tensor/precision.h"

#include "framework/tensor/observer.h"
#include "framework/tensor/parallel.h"

namespace adjoint {
namespace {

constexpr Index grain = 1 << 14;

void round_all(const float* x, Index count, float* to) {
    parallel_ranges(count, grain, [&](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) to[i] = to_bfloat16(x[i]);
    });
}

}  // namespace

const char* name(Precision precision) { return precision == Precision::float32 ? "float32" : "bf16"; }

Precision precision_named(const std::string& name) {
    require(name == "float32" || name == "bf16", "precision: must be float32 or bf16; got {}", name);
    return name == "float32" ? Precision::float32 : Precision::bf16;
}

Precision PrecisionScope::here() {
    const auto& scopes = ThreadListing<PrecisionScope>::here();
    return scopes.empty() ? Precision::float32 : scopes.back()->precision_;
}

Scratch<float> bfloat16s(const float* x, Index count) {
    Scratch<float> rounded(count);
    round_all(x, count, rounded.data());
    return rounded;
}

Scratch<Bfloat16Pair> bfloat16_pairs(const float* x, Index count) {
    Scratch<Bfloat16Pair> pairs(count / 2);
    parallel_ranges(count / 2, grain, [&, to = pairs.data()](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) to[i] = bfloat16_pair(x[2 * i], x[2 * i + 1]);
    });
    return pairs;
}

Tensor as_factor(const Tensor& x) {
    if (PrecisionScope::here() == Precision::float32 || x.dtype() != DType::float32) return x;
    const ProfileScope scope("bfloat16");
    const float* const from = x.data<float>().data();
    return Tensor::build<float>(x.shape(), [&](std::span<float> to) { round_all(from, x.size(), to.data()); })
        .divided_as(x);
}

}  // namespace adjoint
