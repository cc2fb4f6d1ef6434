#include "tests/support/mirror.h"

#include <algorithm>
#include <fmt/format.h>
#include <httplib.h>

#include "tests/support/certificate.h"

namespace adjoint {

Mirror::Mirror(std::map<std::string, std::string> contents, const Certificate* certificate)
    : files(std::move(contents)), scheme_(certificate == nullptr ? "http" : "https") {
    if (certificate == nullptr) {
        server_ = std::make_unique<httplib::Server>();
    } else {
        server_ = std::make_unique<httplib::SSLServer>(certificate->certificate(), certificate->key());
    }
    server_->Get("/moved/(.+)", [this](const httplib::Request& request, httplib::Response& response) {
        response.set_redirect(moved_to + request.matches[1].str());
    });
    server_->Get(".*/([^/]+)", [this](const httplib::Request& request, httplib::Response& response) {
        ++requests;
        const auto file = files.find(request.matches[1].str());
        if (file == files.end()) {
            response.status = 404;
            return;
        }
        const std::string& content = file->second;
        const bool beyond = !request.ranges.empty() && request.ranges.front().first >= std::ssize(content);
        if (ranges == Ranges::known && beyond) response.status = 416;
        if (content.empty() || response.status == 416) return;
        if (ranges != Ranges::known) const_cast<httplib::Request&>(request).ranges.clear();  // the server heeds them
        if (ranges == Ranges::wrong) {
            response.status = 206;
            response.set_header("Content-Range", fmt::format("bytes 0-{0}/{1}", content.size() - 1, content.size()));
        }
        response.set_content_provider(
            content.size(), "application/octet-stream",
            [this, &content](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
                const std::size_t end = std::min(offset + std::min(length, at_once.load()), cut.load());
                if (offset >= end) {
                    if (at_the_cut == AtTheCut::is_silent) ended_.wait(false);
                    return false;
                }
                if (at_once < length) std::this_thread::sleep_for(pause.load());
                bytes_sent += end - offset;
                return sink.write(content.data() + offset, end - offset);
            });
    });
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();
}

Mirror::~Mirror() {
    ended_ = true;
    ended_.notify_all();
    server_->stop();
    thread_.join();
}

std::string Mirror::address() const { return fmt::format("{}://127.0.0.1:{}/", scheme_, port_); }

}  // namespace adjoint
