// Terms: what a system calls the arguments of a convolution. Its errors are told in its own words and layouts; what is
// left to say, of sizes, Conv2DForm says.
#pragma once

#include "framework/conventions/layouts.h"
#include "framework/ops/convolution.h"

namespace adjoint {

struct Terms {
    struct Argument {
        const char* name;
        const char* axes;  ///< as [N, C, H, W]
    };

    const char* operation;
    Layout layout;
    Argument input;
    Argument weight;
    const char* bias = "bias";
    const char* stride = "stride";
    const char* dilation = "dilation";
    const char* groups = "groups";
    bool transposed = false;  ///< the input is a convolution's output, the weight that convolution's

    /// The system's terms for the transposed convolution.
    constexpr Terms transpose(const char* its_operation, const char* weight_axes) const {
        Terms terms = *this;
        terms.operation = its_operation;
        terms.weight.axes = weight_axes;
        terms.transposed = true;
        return terms;
    }
};

/// A call in adjoint's layouts and options.
struct NormalizedCall {
    const Terms& terms;
    Shape image;    ///< [N, H, W, C]
    Shape filters;  ///< [K, L, C / groups, O]
    Conv2DTransposeOptions options;

    Conv2DForm form() const;
};

/// Throws, in the system's terms, unless ranks, channels, groups and bias fit each other; the padding and the size are
/// not looked at.
NormalizedCall normalize(const Terms& terms, const Shape& input, const Shape& weight,
                         const std::optional<Variable>& bias, const Conv2DTransposeOptions& options);

/// The convolution of this form, from the system's layout into it.
Variable convolve(const Terms& terms, const Variable& input, const Variable& weight, const Conv2DForm& form,
                  const std::optional<Variable>& bias);

/// Throws `<operation>: <argument> must be at least <least>; got 0,1` unless both numbers are.
void require_at_least(const Terms& terms, const char* argument, Index least, const Size2D& pair);

}  // namespace adjoint
