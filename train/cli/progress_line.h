// Progress line: how far some work has come, said now and then while it lasts.
#pragma once

#include <chrono>
#include <string>

namespace adjoint {

/// In the live line of a terminal, elsewhere in messages, of which quick work needs none:
///
///     ProgressLine progress;
///     while (const auto batch = batches.next()) {
///         …
///         progress.say([&] { return fmt::format("{} of {} images", done, all); });
///     }
class ProgressLine {
  public:
    /// Which of them, and how much time lies between two at least.
    struct Manner {
        bool live;
        std::chrono::milliseconds every;
    };
    static Manner usual();

    explicit ProgressLine(const Manner& manner = usual()) : manner_(manner) {}
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    /// Says what `text()` returns, if it is time.
    template <class Text>
    void say(const Text& text) {
        if (is_time()) show(text());
    }

  private:
    using Clock = std::chrono::steady_clock;

    bool is_time();
    void show(const std::string& text) const;

    Manner manner_;
    Clock::time_point said_ = Clock::now();
};

}  // namespace adjoint
