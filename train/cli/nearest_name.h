// Nearest name: what somebody may have meant who typed a name that there is not.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace adjoint {

/// The name that is the fewest letters away, a third of the longer one's at most, else the first that has what was
/// typed in it; nothing where none is near. Two neighbours in each other's place count as one letter, - and _ as the
/// same, and so does a letter in either case.
std::optional<std::string> nearest_name(const std::string& typed, const std::vector<std::string>& names);

/// `; did you mean cosine?`, or nothing: the end of a message.
std::string did_you_mean(const std::string& typed, const std::vector<std::string>& names);

}  // namespace adjoint
