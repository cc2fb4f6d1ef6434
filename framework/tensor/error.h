// Errors: exceptions whose one line says what is wrong and what was got.
#pragma once

#include <fmt/core.h>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>

namespace adjoint {

/// Somebody asked for what cannot be: shapes that do not fit, an option out of range, a derivative that does not exist.
/// The message reads `<operation>: <the fact that is wrong>; got <values>`.
struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A file's content is not what it should be (exit status 65).
struct DataError : Error {
    using Error::Error;
};

/// A file is not there or cannot be read (exit status 66).
struct MissingInput : Error {
    using Error::Error;
};

/// A file cannot be written (exit status 73).
struct CannotWrite : Error {
    using Error::Error;
};

/// The machine does not give what is needed: memory, a library (exit status 1). It says nothing of what was asked or
/// read, and is no Error: whoever passes over what is damaged does not pass over this.
struct SystemFailure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Throws E with the formatted message unless `holds`.
template <class E = Error, class... Args>
void require(bool holds, fmt::format_string<Args...> message, Args&&... args) {
    if (!holds) throw E(fmt::format(message, std::forward<Args>(args)...));
}

/// Numbers that somebody chose, with their names: {{"beta1", beta1}, {"beta2", beta2}}.
using NamedNumbers = std::initializer_list<std::pair<const char*, double>>;

/// Throws `<owner>: <name> must be at least 0; got -1` where a number is less than `least`, infinite or NaN.
void require_at_least(const char* owner, int least, NamedNumbers numbers);

/// Throws `<owner>: <name> must be at least 0 and below 1; got 1` where a number is not.
void require_fraction(const char* owner, NamedNumbers numbers);

}  // namespace adjoint
