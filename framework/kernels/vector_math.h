// Vector forms of exp, log, tanh and their like, of the C library (glibc's libmvec, within 4 units in the last place):
// these declarations let the compiler use them in loops.
#pragma once

#include <cmath>

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
extern "C" {
#define ADJOINT_VECTORISED(function)                                       \
    __attribute__((simd("notinbranch"))) double function(double) noexcept; \
    __attribute__((simd("notinbranch"))) float function##f(float) noexcept;
ADJOINT_VECTORISED(exp)
ADJOINT_VECTORISED(log)
ADJOINT_VECTORISED(log1p)
ADJOINT_VECTORISED(tanh)
ADJOINT_VECTORISED(erf)
#undef ADJOINT_VECTORISED
}
#endif
