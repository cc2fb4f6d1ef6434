// What does a system call the arguments of a convolution, and in which order are their axes? Its errors are told in its
// own words and layouts; what is left to say, of sizes, Conv2DForm says.
#pragma once

#include <array>

#include "framework/conv2d_form.h"
#include "framework/variable.h"

namespace adjoint {

struct Terms {
    struct Argument {
        const char* name;
        const char* axes;  ///< as [N, C, H, W]
        std::array<std::size_t, 4>
            order;  ///< where adjoint's axes stand: N, H, W, C of an image, K, L, C, O of filters
    };

    const char* operation;
    Argument input;
    Argument weight;
    const char* bias;
    const char* stride;
    const char* dilation;
    const char* groups;
    bool transposed = false;  ///< the input is a convolution's output, the weight that convolution's
};

/// What a call passes, but for its padding.
struct Call {
    const Shape& input;
    const Shape& weight;
    const std::optional<Variable>& bias;
    Size2D stride;
    Size2D dilation;
    Index groups;
};

/// The same shapes in adjoint's layouts.
struct Understood {
    Shape image;    ///< [N, H, W, C]
    Shape filters;  ///< [K, L, C / groups, O]
};

/// Throws, in the system's terms, unless ranks, channels, groups and bias fit each other.
Understood understand(const Terms& terms, const Call& call);

/// Throws `<operation>: <argument> must be at least <least>; got 0,1` unless both numbers are.
void require_at_least(const Terms& terms, const char* argument, Index least, const Size2D& pair);

}  // namespace adjoint
