// Interruption by signals: a run stops at the next step, in good order; told again, at once.
#pragma once

namespace adjoint {

/// A run was told to stop and has saved where it was: the program leaves with 128 + the signal.
struct Interrupted {
    int signal;
};

/// While one lives, SIGINT, SIGTERM and SIGHUP, where they are not ignored, only ask to stop. Another one ends the
/// program at once, with 128 + the signal, unless it comes together with the first, as when a terminal is closed and
/// its shell says so too. A closed pipe ends nothing: what is printed into it is lost. There is one at a time.
class Interruption {
  public:
    Interruption();
    ~Interruption();
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;

    /// The signal that has come, or 0.
    static int signal();
};

}  // namespace adjoint
