// Settings of a gradient check: a layer's configuration as it is typed, drawn at random and made smaller. Each setting
// is a flag and the text after it, as on the command line.
#pragma once

#include "framework/tensor/random.h"
#include "train/convolution/options.h"

namespace adjoint {

class Settings;

/// A text for one flag, given those that were drawn before it.
using DrawSetting = std::function<std::string(RandomStream& stream, const Settings& drawn)>;
struct WholeNumbers {
    Index first, last;
};
/// So many of the whole numbers from first to last.
DrawSetting draw_numbers(const WholeNumbers& range, int count = 1);
DrawSetting draw_one_of(std::vector<std::string> texts);

/// What may be said of a flag wherever it occurs.
struct SettingFlag {
    std::string name;
    std::string text;  ///< what follows, for example H,W; empty for a flag that is there or not
    std::string description;
    DrawSetting draw;
    std::optional<Index> least = {};  ///< whole numbers are made smaller down to this; words and real numbers are not
};
const std::vector<SettingFlag>& setting_flags();

/// One flag of one layer.
struct Setting {
    const SettingFlag* flag;
    std::string usual;  ///< where the flag is not given but another is; yes or no for flags without text
    std::string text;   ///< what it is now
    DrawSetting draw;
};

/// The flags of one layer and what is said with them.
class Settings {
  public:
    Settings() = default;
    /// As typed, `--kernel 3|3,2 --keep no`: the usual text and, after a bar, the example that they begin with.
    explicit Settings(const std::string& text);

    /// Each flag's usual text.
    Settings usual() const;
    /// Texts drawn at random.
    Settings drawn(RandomStream& stream) const;
    /// Each way to make one setting simpler: to its usual text, or a number nearer to the least.
    std::vector<Settings> simpler() const;

    const std::vector<Setting>& all() const { return all_; }
    bool has(const std::string& flag) const;
    Setting& at(const std::string& flag);

    const std::string& text(const std::string& flag) const { return const_cast<Settings*>(this)->at(flag).text; }
    bool is_set(const std::string& flag) const { return text(flag) == "yes"; }
    Shape shape(const std::string& flag = "--shape") const;
    Index whole(const std::string& flag) const { return parse_integers(typed(flag), "a whole number", {1}).front(); }
    double number(const std::string& flag) const;
    Size2D pair(const std::string& flag) const { return parse_pair(typed(flag)); }
    TypedText typed(const std::string& flag) const { return {flag, text(flag)}; }
    /// A flag's text, if there is such a flag here.
    std::optional<TypedText> find(const std::string& flag) const {
        return has(flag) ? std::optional(typed(flag)) : std::nullopt;
    }
    /// A struct of options, each field read from the flag of its name.
    template <class Options>
    Options options() const {
        return parse_options<Options>([this](const std::string& flag, const std::string&) { return find(flag); });
    }

    /// ` --shape 2,3 --keep`: what to type for these settings.
    std::string words() const;

  private:
    std::vector<Setting> all_;
};

}  // namespace adjoint
