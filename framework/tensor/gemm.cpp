#include "framework/tensor/gemm.h"

#include <cblas.h>
#include <cstdlib>
#include <dlfcn.h>

#include "framework/tensor/error.h"

namespace adjoint {
namespace {

// The kernel set for this processor, or nullptr where OpenBLAS chooses well itself.
const char* chosen_kernels() {
    if (const char* wish = std::getenv("ADJOINT_GEMM_KERNELS"); wish != nullptr && *wish != '\0') return wish;
    // Of the sets in 0.3.21 this is the one for AVX-512: 226 instead of 122 GFLOP/s on an AMD EPYC of family 26.
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    return avx512 ? "SkylakeX" : nullptr;
}

// OpenBLAS reads its environment once, when it is loaded; loading it by hand is what lets us speak first.
class OpenBlas {
  public:
    OpenBlas() {
        setenv("OPENBLAS_NUM_THREADS", "1", /*overwrite=*/1);
        if (const char* kernels = chosen_kernels()) {
            setenv("OPENBLAS_CORETYPE", kernels, /*overwrite=*/1);
        } else {
            unsetenv("OPENBLAS_CORETYPE");  // let OpenBLAS look at the processor itself
        }
        library_ = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
        require<SystemFailure>(library_ != nullptr, "gemm: OpenBLAS cannot be loaded; got {}",
                               library_ ? "" : dlerror());
        find("cblas_sgemm", sgemm);
        find("cblas_dgemm", dgemm);
        find("openblas_get_corename", corename);
    }

    decltype(&cblas_sgemm) sgemm = nullptr;
    decltype(&cblas_dgemm) dgemm = nullptr;
    decltype(&openblas_get_corename) corename = nullptr;

  private:
    template <class Function>
    void find(const char* symbol, Function& function) {
        function = reinterpret_cast<Function>(dlsym(library_, symbol));
        require(function != nullptr, "gemm: OpenBLAS lacks a function; got no {}", symbol);
    }

    void* library_;
};

const OpenBlas& openblas() {
    static const OpenBlas instance;
    return instance;
}

}  // namespace

template <Scalar T>
void gemm(const Matrix<const T>& a, const Matrix<const T>& b, const Matrix<T>& c, Accumulate accumulate) {
    if (c.rows == 0 || c.columns == 0) return;
    const auto call = [&](auto function) {
        const auto order = [](const Matrix<const T>& x) { return x.transposed ? CblasTrans : CblasNoTrans; };
        const auto narrow = [](Index size) { return static_cast<blasint>(size); };
        function(CblasRowMajor, order(a), order(b), narrow(c.rows), narrow(c.columns), narrow(a.columns), T{1}, a.data,
                 narrow(a.stride), b.data, narrow(b.stride), accumulate == Accumulate::yes ? T{1} : T{0}, c.data,
                 narrow(c.stride));
    };
    if constexpr (std::same_as<T, float>) {
        call(openblas().sgemm);
    } else {
        call(openblas().dgemm);
    }
}

template void gemm(const Matrix<const float>&, const Matrix<const float>&, const Matrix<float>&, Accumulate);
template void gemm(const Matrix<const double>&, const Matrix<const double>&, const Matrix<double>&, Accumulate);

std::string gemm_kernels() { return openblas().corename(); }

}  // namespace adjoint
