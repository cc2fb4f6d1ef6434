// Truths about a transfer that is encrypted: a server is believed by its certificate, and https does not lead to http.
#include "train/data/transfer.h"

#include <gtest/gtest.h>

#include "datasets/read_file.h"
#include "tests/support/certificate.h"
#include "tests/support/environment.h"
#include "tests/support/mirror.h"
#include "tests/support/temporary_directory.h"

namespace adjoint {
namespace {

class EncryptedTransfer : public testing::Test {
  protected:
    /// What comes from an address, or why nothing does.
    std::string come(const std::string& url) const {
        try {
            transfer(url, directory_ / "part", 1'000, {});
            return read_file(directory_ / "part");
        } catch (const DownloadFailed& failure) {
            EXPECT_FALSE(std::filesystem::exists(directory_ / "part"));
            return failure.what();
        }
    }
    void believe(const Certificate& certificate) {
        certificate.write(directory_ / "known.pem");
        known_.reset();  // which sets the variable back
        known_ = std::make_unique<EnvironmentVariable>("SSL_CERT_FILE", (directory_ / "known.pem").string());
    }

    OwnNetwork network_;
    TemporaryDirectory directory_;
    Certificate certificate_;
    Mirror open_{{{"file", "in clear"}}}, encrypted_{{{"file", "in secret"}}, &certificate_};
    std::unique_ptr<EnvironmentVariable> known_ = std::make_unique<EnvironmentVariable>("SSL_CERT_FILE");
};

TEST_F(EncryptedTransfer, BelievesNoCertificateThatNobodyKnows) {
    EXPECT_EQ(come(encrypted_.address() + "file"), "SSL certificate problem: self-signed certificate");
    believe(Certificate());  // of the same name, with another key
    EXPECT_EQ(come(encrypted_.address() + "file"), "SSL certificate problem: self-signed certificate");
    EXPECT_EQ(encrypted_.requests, 0);
}

TEST_F(EncryptedTransfer, BelievesWhatTheFileOfKnownCertificatesHolds) {
    believe(certificate_);
    EXPECT_EQ(come(encrypted_.address() + "file"), "in secret");
}

TEST_F(EncryptedTransfer, IsNotLedToAServerWithout) {
    believe(certificate_);
    encrypted_.moved_to = open_.address();
    EXPECT_EQ(come(encrypted_.address() + "moved/file"), "Protocol \"http\" not supported or disabled in libcurl");
    EXPECT_EQ(open_.requests, 0);
    encrypted_.moved_to = "/";
    EXPECT_EQ(come(encrypted_.address() + "moved/file"), "in secret");
}

TEST_F(EncryptedTransfer, MayBeWhereAPlainOneIsLed) {
    believe(certificate_);
    open_.moved_to = encrypted_.address();
    EXPECT_EQ(come(open_.address() + "moved/file"), "in secret");
}

}  // namespace
}  // namespace adjoint
