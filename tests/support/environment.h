// Environment variables of a test, which are as before when it ends.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace adjoint {

class EnvironmentVariable {
  public:
    EnvironmentVariable(std::string name, const std::string& value) : EnvironmentVariable(std::move(name)) {
        ::setenv(name_.c_str(), value.c_str(), 1);
    }
    /// Not set at all.
    explicit EnvironmentVariable(std::string name) : name_(std::move(name)) {
        if (const char* before = std::getenv(name_.c_str())) before_ = before;
        ::unsetenv(name_.c_str());
    }
    EnvironmentVariable(const EnvironmentVariable&) = delete;
    EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;
    ~EnvironmentVariable() { before_ ? ::setenv(name_.c_str(), before_->c_str(), 1) : ::unsetenv(name_.c_str()); }

  private:
    std::string name_;
    std::optional<std::string> before_;
};

/// No network but this machine's own: all else goes to a proxy, which is at `proxy`, or nowhere.
struct OwnNetwork {
    explicit OwnNetwork(const std::string& proxy = "http://127.0.0.1:1")
        : plain("http_proxy", proxy), encrypted("https_proxy", proxy), direct("no_proxy", "127.0.0.1") {}
    EnvironmentVariable plain, encrypted, direct;
};

}  // namespace adjoint
