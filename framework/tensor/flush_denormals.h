// Denormal flushing: tiny numbers become 0, as processors take a hundred times longer for a number too small for its
// exponent (below 1.2e-38 in float32, 2.2e-308 in float64).
#pragma once

#if defined(__SSE__)
#include <xmmintrin.h>
#elif defined(__aarch64__)
#include <cstdint>
#endif

namespace adjoint {

/// While it lives, this thread takes such numbers for 0, in operands and in results.
class FlushDenormals {
  public:
    FlushDenormals() : before_(read()) { write(before_ | flush); }
    ~FlushDenormals() { write(before_); }
    FlushDenormals(const FlushDenormals&) = delete;
    FlushDenormals& operator=(const FlushDenormals&) = delete;

  private:
#if defined(__SSE__)
    using Register = unsigned;
    static constexpr Register flush = 0x8040;  // MXCSR: flush to zero, denormals are zero
    static Register read() { return _mm_getcsr(); }
    static void write(Register value) { _mm_setcsr(value); }
#elif defined(__aarch64__)
    using Register = std::uint64_t;
    static constexpr Register flush = 1u << 24;  // FPCR: FZ
    static Register read() {
        Register value;
        asm volatile("mrs %0, fpcr" : "=r"(value));
        return value;
    }
    static void write(Register value) { asm volatile("msr fpcr, %0" : : "r"(value)); }
#else
    using Register = int;
    static constexpr Register flush = 0;
    static Register read() { return 0; }
    static void write(Register) {}
#endif

    Register before_;
};

}  // namespace adjoint
