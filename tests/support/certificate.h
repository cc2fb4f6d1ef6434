// Certificate of a server on this machine, which nobody has signed but itself.
#pragma once

#include <filesystem>
#include <memory>
#include <openssl/x509.h>

namespace adjoint {

/// Of 127.0.0.1, for an hour.
class Certificate {
  public:
    Certificate();

    void write(const std::filesystem::path& file) const;  ///< as PEM, for those who shall believe it

    X509* certificate() const { return certificate_.get(); }
    EVP_PKEY* key() const { return key_.get(); }

  private:
    std::shared_ptr<EVP_PKEY> key_;
    std::shared_ptr<X509> certificate_;
};

}  // namespace adjoint
