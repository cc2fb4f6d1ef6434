// Matrix product on raw memory (GEMM): one call to one thread of OpenBLAS, the only place that knows of it.
#pragma once

#include <string>
#include <type_traits>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// A row-major matrix in somebody else's memory; consecutive rows are `stride` elements apart.
template <class T>
struct Matrix {
    T* data;
    Index rows;
    Index columns;
    Index stride = columns;
    bool transposed = false;  ///< whether rows and columns are those of the transpose of what lies in memory

    Matrix transpose() const { return {data, columns, rows, stride, !transposed}; }
    operator Matrix<const T>() const requires(!std::is_const_v<T>) { return {data, rows, columns, stride, transposed}; }
};

enum class Accumulate { no, yes };

/// c = a·b, or c = c + a·b.   Shapes: a [m, k], b [k, n], c [m, n], c not transposed.
template <Scalar T>
void gemm(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c,
          Accumulate accumulate = Accumulate::no);

/// The set of kernels that OpenBLAS runs, for example SkylakeX. It is chosen by what the processor can do, because
/// OpenBLAS 0.3.21 takes processors newer than itself for older ones. ADJOINT_GEMM_KERNELS in the environment
/// overrules; OPENBLAS_CORETYPE does not, as machine images set it for all programs alike, and seldom to the best.
std::string gemm_kernels();

}  // namespace adjoint
