// How is a layer's configuration typed, drawn at random and made smaller? Each setting is a flag and the text after it,
// as on the command line.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "framework/conv2d_form.h"
#include "framework/random.h"

namespace adjoint {

class Settings;

/// A stream of random numbers that counts them itself.
class Dice {
  public:
    explicit Dice(const Random& random) : random_(random) {}
    /// Uniform on first, …, last.
    Index between(Index first, Index last);
    bool chance(double probability) { return random_.uniform(next_++) < probability; }

  private:
    Random random_;
    std::uint64_t next_ = 0;
};

/// A text for one flag, given those that were drawn before it.
using DrawSetting = std::function<std::string(Dice& dice, const Settings& drawn)>;

/// One flag of one layer.
struct Setting {
    std::string flag;
    std::string usual = {};    ///< where the flag is not given but another is; yes or no for flags without text
    std::string example = {};  ///< where none is given, as in the table; the usual text if empty
    DrawSetting draw = {};     ///< the flag's own if empty
};

/// What may be said of a flag wherever it occurs.
struct SettingFlag {
    std::string flag;
    std::string text;  ///< what follows, for example H,W; empty for a flag that is there or not
    std::string description;
    DrawSetting draw;
    std::optional<Index> least = {};  ///< whole numbers are made smaller down to this; words and real numbers are not
};
const std::vector<SettingFlag>& setting_flags();

/// The texts of one layer's flags.
class Settings {
  public:
    /// The layer's example.
    explicit Settings(std::vector<Setting> declared);

    /// Each flag's usual text.
    Settings usual() const;
    /// Texts drawn at random.
    Settings drawn(Dice& dice) const;
    /// Each way to make one setting simpler: to its usual text, or a number nearer to the least.
    std::vector<Settings> simpler() const;

    bool has(const std::string& flag) const;
    const std::vector<Setting>& declared() const { return declared_; }
    void set(const std::string& flag, std::string text) { text_of(flag) = std::move(text); }

    const std::string& text(const std::string& flag) const { return const_cast<Settings*>(this)->text_of(flag); }
    bool is_set(const std::string& flag) const { return text(flag) == "yes"; }
    Shape shape(const std::string& flag = "--shape") const;
    Index whole(const std::string& flag) const;
    double number(const std::string& flag) const;
    Size2D pair(const std::string& flag) const;
    std::optional<Size2D> optional_pair(const std::string& flag) const;

    /// ` --shape 2,3 --keep`: what to type for these settings.
    std::string words() const;

  private:
    std::string& text_of(const std::string& flag);

    std::vector<Setting> declared_;
    std::vector<std::string> texts_;
};

}  // namespace adjoint
