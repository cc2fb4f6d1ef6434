// Mirror of published files on this machine, which can misbehave as mirrors do.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <thread>

namespace httplib {
class Server;
}

namespace adjoint {

class Certificate;

/// An HTTP server on this machine, or, with a certificate, an HTTPS server. It answers to a file's name in any
/// directory, and in moved/ with a redirection to the file at `moved_to`.
class Mirror {
  public:
    enum class Ranges { known, ignored, wrong };
    enum class AtTheCut { disconnects, is_silent };

    explicit Mirror(std::map<std::string, std::string> files, const Certificate* certificate = nullptr);
    Mirror(const Mirror&) = delete;
    Mirror& operator=(const Mirror&) = delete;
    ~Mirror();

    std::string address() const;  ///< http://127.0.0.1:PORT/, or https

    std::map<std::string, std::string> files;  ///< contents by name
    std::string moved_to = "/";                ///< here, or an address

    // These may be set while it answers.
    std::atomic<Ranges> ranges = Ranges::known;
    std::atomic<std::size_t> cut = std::numeric_limits<std::size_t>::max();  ///< no byte from this one on is sent
    std::atomic<AtTheCut> at_the_cut = AtTheCut::disconnects;
    std::atomic<std::size_t> at_once = std::numeric_limits<std::size_t>::max();  ///< bytes, then a pause
    std::atomic<std::chrono::milliseconds> pause = std::chrono::milliseconds(0);

    std::atomic<int> requests = 0;
    std::atomic<std::size_t> bytes_sent = 0;  ///< of contents

  private:
    std::string scheme_;
    std::unique_ptr<httplib::Server> server_;
    int port_;
    std::atomic<bool> ended_ = false;
    std::thread thread_;
};

}  // namespace adjoint
