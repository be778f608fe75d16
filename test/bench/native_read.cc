#include "native_read.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/secure_heap.h"
#include "crypto/random.h"
#include "keys/subkeys.h"
#include "secrets/sqlite_secret_store.h"
#include "storage/store.h"

namespace strongroom::bench {
namespace {

Status failed(const char* what) { return {Code::kInternal, what}; }

Result<KeySet> random_keys(SecureHeap& heap) {
  Subkeys subkeys;
  subkeys.generation = 1;
  for (SecureBuffer* key : {&subkeys.secret, &subkeys.audit_seal, &subkeys.record_mac}) {
    SR_ASSIGN_OR_RETURN(*key, heap.allocate(32));
    SR_RETURN_IF_ERROR(fill_random(key->bytes()));
  }
  std::vector<Subkeys> generations;
  generations.push_back(std::move(subkeys));
  return KeySet(std::move(generations), 1);
}

/// As a C programmer would write it down: the record's format by its offsets, nothing allocated for a read.
class BareReader {
 public:
  BareReader(std::string store_id, ByteView key) : store_id_(std::move(store_id)) {
    std::copy(key.begin(), key.end(), key_.begin());
  }
  ~BareReader() {
    EVP_CIPHER_CTX_free(context_);
    EVP_CIPHER_free(cipher_);
    sqlite3_finalize(select_);
    sqlite3_close(connection_);
  }
  BareReader(const BareReader&) = delete;
  BareReader& operator=(const BareReader&) = delete;

  Status open(const std::string& path) {
    constexpr const char* kSelect =
        "SELECT s.kind, s.version, v.record FROM secrets s LEFT JOIN secret_values v ON v.secret_id = s.id "
        "WHERE s.id = ?";
    if (sqlite3_open_v2(path.c_str(), &connection_, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK ||
        sqlite3_prepare_v3(connection_, kSelect, -1, SQLITE_PREPARE_PERSISTENT, &select_, nullptr) != SQLITE_OK) {
      return failed("sqlite3_open");
    }
    cipher_ = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    context_ = EVP_CIPHER_CTX_new();
    return EVP_DecryptInit_ex(context_, cipher_, nullptr, key_.data(), nullptr) == 1 ? Status() : failed("EVP");
  }

  Status execute(const char* sql) {
    return sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) == SQLITE_OK ? Status() : failed(sql);
  }

  /// The size of the plaintext in `out`, or -1.
  int read(std::string_view id, bool keep_key, std::uint8_t* out) {
    sqlite3_bind_text(select_, 1, id.data(), static_cast<int>(id.size()), SQLITE_STATIC);
    const int size = sqlite3_step(select_) == SQLITE_ROW ? decrypt_row(id, keep_key, out) : -1;
    sqlite3_reset(select_);
    return size;
  }

 private:
  int decrypt_row(std::string_view id, bool keep_key, std::uint8_t* out) {
    const auto* record = static_cast<const std::uint8_t*>(sqlite3_column_blob(select_, 2));
    const int size = sqlite3_column_bytes(select_, 2) - 33;  // format, generation, nonce and tag
    if (size < 0 || record[0] != 1) return -1;
    std::array<std::uint8_t, 256> associated{};
    std::uint8_t* end = std::copy_n("strongroom/secret/v1", 20, associated.data());
    end = put(end, store_id_.data(), store_id_.size());
    end = put(end, id.data(), id.size());
    end = put(end, reinterpret_cast<const char*>(sqlite3_column_text(select_, 0)),
              static_cast<std::size_t>(sqlite3_column_bytes(select_, 0)));
    const auto version = static_cast<std::uint64_t>(sqlite3_column_int64(select_, 1));
    for (int shift = 56; shift >= 0; shift -= 8) *end++ = static_cast<std::uint8_t>(version >> shift);

    int written = 0;
    std::array<std::uint8_t, 16> tag{};
    std::copy_n(record + 17 + size, tag.size(), tag.data());
    const bool opened =
        EVP_DecryptInit_ex(context_, nullptr, nullptr, keep_key ? nullptr : key_.data(), record + 5) == 1 &&
        EVP_DecryptUpdate(context_, nullptr, &written, associated.data(), static_cast<int>(end - associated.data())) ==
            1 &&
        EVP_DecryptUpdate(context_, out, &written, record + 17, size) == 1 &&
        EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, 16, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(context_, out + written, &written) == 1;
    return opened ? size : -1;
  }

  static std::uint8_t* put(std::uint8_t* to, const char* text, std::size_t size) {
    for (int shift = 24; shift >= 0; shift -= 8) *to++ = static_cast<std::uint8_t>(size >> shift);
    return std::copy_n(text, size, to);
  }

  std::string store_id_;
  std::array<std::uint8_t, 32> key_{};
  sqlite3* connection_ = nullptr;
  sqlite3_stmt* select_ = nullptr;
  EVP_CIPHER* cipher_ = nullptr;
  EVP_CIPHER_CTX* context_ = nullptr;
};

}  // namespace

struct ReadBench::Impl {
  std::shared_ptr<SecureHeap> heap = SecureHeap::create();
  SystemClock clock;
  std::unique_ptr<Store> store;
  std::unique_ptr<KeySet> keys;
  std::unique_ptr<SqliteSecretStore> secrets;
  std::unique_ptr<Database> reader;
  std::unique_ptr<BareReader> bare;
  struct Secret {
    std::string id;
    std::string plaintext;
  };
  std::vector<Secret> all;
  std::size_t bytes = 0;
  std::minstd_rand order{1};

  const Secret& next() { return all[order() % all.size()]; }

  Status read_core(std::size_t count) {
    SR_ASSIGN_OR_RETURN(const Transaction transaction, Transaction::begin(*reader, Transaction::Mode::kRead));
    for (std::size_t i = 0; i < count; ++i) {
      const Secret& secret = next();
      SR_ASSIGN_OR_RETURN(const SecureBuffer plaintext, secrets->open_value(*reader, secret.id, *keys, *heap));
      if (as_text(plaintext.view()) != secret.plaintext) return failed("another plaintext");
    }
    return {};
  }

  Status read_bare(std::size_t count, bool keep_key) {
    SR_RETURN_IF_ERROR(bare->execute("BEGIN"));
    std::vector<std::uint8_t> plaintext(bytes + 16);
    for (std::size_t i = 0; i < count; ++i) {
      const Secret& secret = next();
      const int size = bare->read(secret.id, keep_key, plaintext.data());
      if (size < 0 || as_text(ByteView(plaintext).first(static_cast<std::size_t>(size))) != secret.plaintext) {
        return failed("another plaintext");
      }
      OPENSSL_cleanse(plaintext.data(), plaintext.size());
    }
    return bare->execute("COMMIT");
  }

  Status fill(std::size_t count) {
    return store->committer().run([&](Database& database) -> Status {
      std::vector<std::uint8_t> random(bytes);
      for (std::size_t i = 0; i < count; ++i) {
        SR_RETURN_IF_ERROR(fill_random(random));
        std::string plaintext;
        for (const std::uint8_t byte : random) plaintext += static_cast<char>('0' + byte % 64);  // valid UTF-8
        const SecretDraft draft{"secret " + std::to_string(i), "api_key", std::nullopt, {}};
        SR_ASSIGN_OR_RETURN(const SecretInfo info, secrets->create(database, draft, as_bytes(plaintext), *keys));
        all.push_back({info.id, std::move(plaintext)});
      }
      return {};
    });
  }
};

ReadBench::ReadBench(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ReadBench::~ReadBench() = default;

Result<std::unique_ptr<ReadBench>> ReadBench::create(const std::string& dir, std::size_t secrets, std::size_t bytes) {
  auto impl = std::make_unique<Impl>();
  impl->bytes = bytes;
  StoreOptions options;
  options.dir = dir;
  options.app_id = "org.strongroom.bench";
  SR_ASSIGN_OR_RETURN(impl->store, Store::open(options));
  SR_ASSIGN_OR_RETURN(KeySet keys, random_keys(*impl->heap));
  impl->keys = std::make_unique<KeySet>(std::move(keys));
  impl->secrets = std::make_unique<SqliteSecretStore>(impl->store->store_id(), impl->clock);
  SR_RETURN_IF_ERROR(impl->fill(secrets));
  const std::string path = dir + "/" + std::string(kDatabaseName);
  DatabaseOptions reader;
  reader.path = path;
  reader.read_only = true;
  SR_ASSIGN_OR_RETURN(impl->reader, Database::open(reader));
  impl->bare = std::make_unique<BareReader>(impl->store->store_id(), impl->keys->active().secret.view());
  SR_RETURN_IF_ERROR(impl->bare->open(path));
  return std::unique_ptr<ReadBench>(new ReadBench(std::move(impl)));
}

Status ReadBench::run(std::string_view variant, std::size_t count) {
  impl_->order.seed(1);
  if (variant == "core") return impl_->read_core(count);
  if (variant == "bare") return impl_->read_bare(count, false);
  if (variant == "bare-kept-key") return impl_->read_bare(count, true);
  return failed("no such variant");
}

}  // namespace strongroom::bench
