#include "framework/conventions/layouts.h"

#include "framework/shaping.h"

namespace adjoint {

Variable nchw_to_nhwc(const Variable& x) { return transpose(x, {0, 2, 3, 1}); }
Variable nhwc_to_nchw(const Variable& x) { return transpose(x, {0, 3, 1, 2}); }

Variable oihw_to_hwio(const Variable& w) { return transpose(w, {2, 3, 1, 0}); }
Variable hwio_to_oihw(const Variable& w) { return transpose(w, {3, 2, 0, 1}); }

}  // namespace adjoint
